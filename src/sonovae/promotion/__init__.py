"""Rules for the result that is registered, and for the one that becomes the champion."""
