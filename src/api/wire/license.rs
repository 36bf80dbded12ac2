//! The license of a workspace, as clients expect it. Source: Rocket.Chat
//! `packages/core-typings/src/license/LicenseInfo.ts`.

use super::Empty;
use serde::Serialize;

/// The response to `licenses.info`.
#[derive(Serialize)]
pub(in crate::api) struct LicenseReply {
    license: LicenseInfo,
}

/// The modules that clients look for before they offer what needs no license here: users hide their
/// status from others. Clients look for either one, and for the setting
/// `Accounts_StatusVisibility_Enabled`.
pub(in crate::api) const MODULES: [&str; 2] = ["scalability", "unlimited-presence"];

/// No action is prevented, and no limit applies.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LicenseInfo {
    active_modules: [&'static str; 2],
    external_modules: [(); 0],
    prevented_actions: Empty,
    limits: Limits,
    tags: [(); 0],
    trial: bool,
    has_valid_license: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    active_users: Limit,
    guest_users: Limit,
    rooms_per_guest: Limit,
    private_apps: Limit,
    marketplace_apps: Limit,
    monthly_active_contacts: Limit,
}

/// A limit; a `max` of -1 means none.
#[derive(Serialize)]
struct Limit {
    max: i32,
}

const UNLIMITED: Limit = Limit { max: -1 };

impl LicenseReply {
    /// A workspace without a license.
    pub(in crate::api) const NONE: Self = Self {
        license: LicenseInfo {
            active_modules: MODULES,
            external_modules: [],
            prevented_actions: Empty {},
            limits: Limits {
                active_users: UNLIMITED,
                guest_users: UNLIMITED,
                rooms_per_guest: UNLIMITED,
                private_apps: UNLIMITED,
                marketplace_apps: UNLIMITED,
                monthly_active_contacts: UNLIMITED,
            },
            tags: [],
            trial: false,
            has_valid_license: false,
        },
    };
}
