"""New sounds: sampling z, the Studio that turns z into items, and the files that hold them."""
