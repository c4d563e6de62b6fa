/**
 * The question for the token; there is one at a time, however many requests wait for its answer.
 */

let asked = null;

/** Ask for the token; `wrong` says that the one before was refused. */
export function askForToken(wrong) {
  asked ??= new Promise((answer) => open(wrong, answer)).finally(() => {
    asked = null;
  });
  return asked;
}

function open(wrong, answer) {
  const dialog = document.getElementById("token");
  const text = document.getElementById("token-text");
  text.value = "";
  document.getElementById("token-wrong").textContent = wrong ? "The server does not know that token." : "";
  dialog.oncancel = (event) => event.preventDefault(); // there is nothing to see without it
  dialog.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    dialog.close();
    answer(text.value.trim());
  };
  dialog.showModal();
}
