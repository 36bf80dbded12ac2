// Personal access tokens.

async function loadTokens() {
  const { tokens } = await call("GET", "users.getPersonalAccessTokens");
  find("tokens").replaceChildren(
    ...tokens.map((token) => {
      const detail = word("account.tokenDetail", {
        time: dateText(token.createdAt),
        end: token.lastTokenPart,
      });
      const row = fill("token-row", { id: token.name, name: token.name, detail });
      const button = row.querySelector("button");
      button.addEventListener("click", () => act(button, () => removeToken(token)));
      return row;
    }),
  );
}

async function removeToken(token) {
  await call("POST", "users.removePersonalAccessToken", { tokenName: token.name });
  await loadTokens();
  toast(word("account.tokenRemoved", { name: token.name }));
}

async function createToken(form) {
  const answer = await call("POST", "users.generatePersonalAccessToken", {
    tokenName: form.elements.tokenName.value,
  });
  find("token-user").textContent = page.user.userId;
  find("token-text").textContent = answer.token;
  find("secret").hidden = false;
  form.reset();
  await loadTokens();
  find("copy-token").focus();
  return null;
}
