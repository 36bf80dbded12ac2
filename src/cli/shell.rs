//! Lines to paste into a shell: a login and calls of the API with curl.

use crate::config::Config;

/// Shell line that sets `$ID` and `$TOKEN`. The body is a form, because curl encodes any password
/// for one.
pub(super) fn login_line(url: &str, username: &str, password: &str) -> String {
    let username = quoted(&format!("user={username}"));
    format!(
        "eval \"$(curl -s {url}/api/v1/login --data-urlencode {username} --data-urlencode {password} \
         | sed -nE 's/.*\"userId\":\"([^\"]+)\",\"authToken\":\"([^\"]+)\".*/ID=\\1 TOKEN=\\2/p')\""
    )
}

/// The password's form field for a shell: in plain text only if it is random and shown above
/// anyway.
pub(super) fn password_in_shell(config: &Config, random: Option<&str>) -> String {
    match (random, &config.admin_password_file) {
        (Some(password), _) => format!("password={password}"),
        (None, Some(path)) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let path = quoted(&path.display().to_string());
            format!("\"password=$(cat {path})\"")
        }
        _ => "\"password=$DOORSIGN_ADMIN_PASSWORD\"".to_owned(),
    }
}

/// Quotes a text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Shell line that creates a custom status with the credentials `$ID` and `$TOKEN`.
pub(super) fn create_line(url: &str) -> String {
    let body = r#"{"name":"caught up","statusType":"busy"}"#;
    post_line(url, "custom-user-status.create", body)
}

/// Shell lines that set the own status and show the statuses of all users.
pub(super) fn status_lines(url: &str) -> String {
    let body = r#"{"status":"busy","message":"caught up"}"#;
    let set = post_line(url, "users.setStatus", body);
    format!("{set}\n{}", call_line(url, "users.presence"))
}

fn post_line(url: &str, route: &str, body: &str) -> String {
    let call = call_line(url, route);
    format!("{call} -H 'Content-Type: application/json' -d '{body}'")
}

fn call_line(url: &str, route: &str) -> String {
    format!("curl -sw '\\n' {url}/api/v1/{route} -H \"X-User-Id: $ID\" -H \"X-Auth-Token: $TOKEN\"")
}
