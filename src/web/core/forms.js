// Forms and buttons that call the API: progress, errors at the field, results.

// Until such a user has chosen a new password, the server refuses every other call.
if (page.mustChangePassword && location.pathname !== `${base}/me/account`) {
  location.replace(`${base}/me/account`);
}

// The element with an id.
export const find = (id) => document.getElementById(id);

// A date and time in the viewer's format, such as "29 Nov 2026, 14:02"; a dash without one.
export function dateText(time) {
  const options = { dateStyle: "medium", timeStyle: "short" };
  return time ? format("date and time", new Date(time), options) : "–";
}

// Sends a form by `save(form)`. The text that it returns is shown as the result; a refused call is
// shown at its field. The submit button stays disabled until then, so that nothing is sent twice.
export function onSubmit(form, save) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form);
    const button = event.submitter ?? form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const text = await save(form, button);
      if (text) {
        toast(text);
      }
    } catch (refused) {
      showErrors(form, refused);
    } finally {
      button.disabled = false;
    }
  });
}

// Runs an action of a button. A refused call is shown as a toast.
export async function act(button, action) {
  button.disabled = true;
  try {
    await action();
  } catch (refused) {
    if (!(refused instanceof Refused)) {
      throw refused;
    }
    toast(errorText(refused));
  } finally {
    button.disabled = false;
  }
}

export const onClick = (button, action) =>
  button.addEventListener("click", () => act(button, action));

// Copies the text of an element and returns what to show. Plain http has no clipboard: there, the
// text is selected instead.
export async function copyText(element) {
  getSelection().selectAllChildren(element);
  if (navigator.clipboard === undefined) {
    return word("shell.selected");
  }
  await navigator.clipboard.writeText(element.textContent);
  return word("shell.copied");
}

// Writes the rule for new passwords into a hint.
export async function showPasswordRule(hint) {
  const { policy } = await call("GET", "pw.getPolicy");
  const rule = policy.find(([code]) => code === "get-password-policy-minLength");
  if (rule !== undefined) {
    hint.textContent = word("shell.passwordRule", { n: rule[1].minLength });
  }
}

// Shows what a password field holds, or hides it again.
export function onReveal(button) {
  const input = find(button.dataset.reveal);
  button.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!isShown));
    button.querySelector("use").setAttribute("href", isShown ? "#i-eye" : "#i-eye-off");
  });
}

// A text from a user without characters that reorder what stands around it.
export const visibleText = (text) => clean(text);
