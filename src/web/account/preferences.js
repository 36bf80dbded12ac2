// Language and working day.

const LANGUAGES = ["en", "de", "fr", "es", "pt-BR"];
const DEFAULTS = { doorsignDayEnd: "18:00", doorsignMorning: "09:00" };

// Each language by its own name: a reader may know no other.
function languageOption(tag) {
  const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
  const option = new Option(name[0].toLocaleUpperCase(tag) + name.slice(1), tag);
  option.lang = tag;
  return option;
}

async function loadPreferences() {
  const { preferences } = await call("GET", "users.getPreferences");
  const { language, doorsignDayEnd, doorsignMorning, doorsignPublicBoard } =
    find("preferences").elements;
  language.replaceChildren(...LANGUAGES.map(languageOption));
  language.value = document.documentElement.lang;
  doorsignDayEnd.value = preferences.doorsignDayEnd || DEFAULTS.doorsignDayEnd;
  doorsignMorning.value = preferences.doorsignMorning || DEFAULTS.doorsignMorning;
  doorsignPublicBoard.checked = preferences.doorsignPublicBoard === true;
}

async function savePreferences(form) {
  const { language, doorsignDayEnd, doorsignMorning, doorsignPublicBoard } = form.elements;
  const data = {
    language: language.value,
    doorsignDayEnd: doorsignDayEnd.value || DEFAULTS.doorsignDayEnd,
    doorsignMorning: doorsignMorning.value || DEFAULTS.doorsignMorning,
    doorsignPublicBoard: doorsignPublicBoard.checked,
  };
  await call("POST", "users.setPreferences", { data });
  // The words come with the page.
  if (language.value !== document.documentElement.lang) {
    location.reload();
  }
  return word("account.saved");
}
