//! Who is hidden from the viewer, as a model, and how the rules are set.

use super::{PEOPLE, VIEWER, World};
use crate::support::Reply;
use serde_json::{Value, json};

/// A change of the rules. People are indices into [`PEOPLE`].
#[derive(Debug, Clone)]
pub enum Rule {
    /// A person's own list.
    Own(usize, Denied),
    /// The administrators' list of a person.
    ByAdmin(usize, Denied),
    /// The presence of a person.
    Presence(usize, Switch),
    /// A setting.
    Setting(Setting, Switch),
}

/// Whether a list names the viewer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Denied {
    Viewer,
    NoOne,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Switch {
    On,
    Off,
}

/// The settings of visibility.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Setting {
    Own,
    Admin,
    Status,
}

impl Setting {
    const fn id(self) -> &'static str {
        match self {
            Self::Own => "Accounts_StatusVisibility_Enabled",
            Self::Admin => "Accounts_StatusVisibility_Admin_Enabled",
            Self::Status => "Accounts_UserStatus_Enabled",
        }
    }
}

/// The rules that are in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    own: [bool; PEOPLE.len()],
    by_admin: [bool; PEOPLE.len()],
    disabled: [bool; PEOPLE.len()],
    own_is_on: bool,
    admin_is_on: bool,
    status_is_on: bool,
}

impl Rules {
    /// Those of a new server.
    pub fn new() -> Self {
        Self {
            own: Default::default(),
            by_admin: Default::default(),
            disabled: Default::default(),
            own_is_on: false,
            admin_is_on: false,
            status_is_on: true,
        }
    }

    /// Whether a person is hidden from the viewer.
    pub fn hides(&self, person: usize) -> bool {
        self.hides_from_all(person)
            || self.own_is_on && self.own[person]
            || self.admin_is_on && self.by_admin[person]
    }

    /// Whether a person is hidden from everyone.
    pub fn hides_from_all(&self, person: usize) -> bool {
        !self.shows_status() || self.admin_is_on && self.disabled[person]
    }

    /// Whether anyone sees the status of others.
    pub fn shows_status(&self) -> bool {
        self.status_is_on
    }

    /// Whether the own list of a person names the viewer.
    pub fn own(&self, person: usize) -> bool {
        self.own[person]
    }

    /// The own list of a person, as far as it concerns the viewer.
    pub fn own_list(&self, person: usize) -> Value {
        names(if self.own[person] {
            Denied::Viewer
        } else {
            Denied::NoOne
        })
    }

    /// The rules after a change.
    pub fn after(&self, rule: &Rule) -> Self {
        let mut rules = self.clone();
        match *rule {
            Rule::Own(person, denied) => rules.own[person] = denied == Denied::Viewer,
            Rule::ByAdmin(person, denied) => rules.by_admin[person] = denied == Denied::Viewer,
            Rule::Presence(person, switch) => rules.disabled[person] = switch == Switch::Off,
            Rule::Setting(setting, switch) => {
                let value = switch == Switch::On;
                match setting {
                    Setting::Own => rules.own_is_on = value,
                    Setting::Admin => rules.admin_is_on = value,
                    Setting::Status => rules.status_is_on = value,
                }
            }
        }
        rules
    }
}

impl World {
    /// Sets a rule. It may be refused.
    pub async fn set(&self, rule: &Rule) -> Reply {
        match *rule {
            Rule::Own(person, denied) => self.set_own_list(person, names(denied)).await,
            Rule::ByAdmin(person, denied) => {
                let list = json!({"statusVisibilityDeniedByAdmin": names(denied)});
                self.update(person, list).await
            }
            Rule::Presence(person, switch) => {
                let disabled = json!({"presenceDisabledByAdmin": switch == Switch::Off});
                self.update(person, disabled).await
            }
            Rule::Setting(setting, switch) => {
                let route = format!("settings/{}", setting.id());
                let value = json!({"value": switch == Switch::On});
                self.client("admin").post(&route, value).await
            }
        }
    }

    /// Sets the own list of a person.
    pub async fn set_own_list(&self, person: usize, names: Value) -> Reply {
        let data = json!({"data": {"statusVisibilityDenied": names}});
        let client = self.client(PEOPLE[person]);
        client.post("users.setPreferences", data).await
    }

    async fn update(&self, person: usize, data: Value) -> Reply {
        let body = json!({"userId": self.ids()[person], "data": data});
        self.client("admin").post("users.update", body).await
    }
}

fn names(denied: Denied) -> Value {
    match denied {
        Denied::Viewer => json!([VIEWER]),
        Denied::NoOne => json!([]),
    }
}
