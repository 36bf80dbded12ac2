// The picture.

function showPortrait() {
  const version = encodeURIComponent(me.avatarETag || "");
  find("portrait").src =
    `${base}/avatar/${encodeURIComponent(me.username)}?size=160&etag=${version}`;
}

async function savePicture(form) {
  const file = form.elements.image.files[0];
  if (file === undefined) {
    showError(form, form.elements.image, word("account.noFile"));
    return null;
  }
  const body = new FormData();
  body.append("image", file);
  await call("POST", "users.setAvatar", body);
  form.reset();
  await loadProfile();
  return word("account.pictureSaved");
}

async function removePicture() {
  await call("POST", "users.resetAvatar", { userId: page.user.userId });
  await loadProfile();
  toast(word("account.pictureRemoved"));
}
