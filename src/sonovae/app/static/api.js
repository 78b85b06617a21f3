// Requests to the app, and its status line.
const status = document.getElementById("status");

export function say(text, fault = false) {
  status.textContent = text;
  status.classList.toggle("fault", fault);
}

async function read(answer) {
  if (answer.ok) return answer.json();
  const text = await answer.text();
  let said = text.trim();
  try { said = JSON.parse(text).error; } catch { /* it was plain text */ }
  throw Object.assign(new Error(said || `the app answered ${answer.status}`), { status: answer.status });
}

// Run a task and show its name, then its error if it fails; return its result, or null.
export async function doing(what, task) {
  say(what);
  try {
    const found = await task();
    say("Ready");
    return found;
  } catch (error) {
    say(error.message, true);
    return null;
  }
}

export const get = async (path) => read(await fetch(path));

export const ask = async (question, words = {}) => read(await fetch(`/api/${question}`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(words),
}));

export const send = async (file, name, model) => read(await fetch(
  `/api/reconstruct?${new URLSearchParams({ name, model })}`, { method: "POST", body: file }));
