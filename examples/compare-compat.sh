#!/usr/bin/env bash
# Sends the same requests to a server with `compat` 8 and to one with `compat` 9, and prints those that get different responses: the
# table in docs/compatibility.md. Needs curl. Usage: examples/compare-compat.sh [PATH OF doorsign]
set -euo pipefail

# Prints a request and its response, as three columns. $1: the case, $2: the credentials, $3: method and path, $4: the body. The columns
# leave out the query, the names of methods, and the `details` that doorsign adds to invalid parameters.
call() {
  local method=${3% *} path=${3#* } answer status
  local options=(--silent --request "$method" --header "Content-Type: application/json" --write-out '\n%{http_code}')
  if [ -n "$2" ]; then options+=(--header "X-User-Id: ${2%:*}" --header "X-Auth-Token: ${2#*:}"); fi
  if [ "$method" = POST ]; then options+=(--data "${4:-{\}}"); fi
  answer=$(curl "${options[@]}" "$DOORSIGN_URL/api/$path")
  status=${answer##*$'\n'}
  answer=$(printf '%s' "${answer%$'\n'*}" | sed -E 's/,"details":\{"field".*\}$/}/; s/"method":"[^"]*"/…/')
  path=${path%%\?*}
  if [ "$path" = info ]; then path=/api/info; fi
  printf '%s\t`%s`\t%s\n' "$1" "$method ${path#v1/}" "$status$(shown "$status" "$answer")"
}

# Prints a failure, and of a success the parts that are compared.
shown() {
  local part
  if [ "$1" != 200 ]; then
    printf ' `%s`' "$2"
  elif part=$(printf '%s' "$2" | grep -oE '"_id":"anonymous"|"version":"[^"]*"'); then
    printf ' `%s`' "$part"
  fi
}

# Logs in with name and password $1, and prints the credentials.
credentials() {
  curl --silent --fail "$DOORSIGN_URL/api/v1/login" --header "Content-Type: application/json" \
    --data "{\"user\":\"$1\",\"password\":\"$1\"}" | sed -E 's/.*"userId":"([^"]*)","authToken":"([^"]*)".*/\1:\2/'
}

# Posts the body $2 to the path $1 as the administrator, and prints the id in the response.
prepare() {
  curl --silent --fail "$DOORSIGN_URL/api/v1/$1" --header "Content-Type: application/json" \
    --header "X-User-Id: ${admin%:*}" --header "X-Auth-Token: ${admin#*:}" --data "$2" \
    | sed -nE 's/.*"_id":"([0-9a-f]{24})".*/\1/p'
}

requests() {
  local admin ann bob id status route
  admin=$(credentials admin) ann=$(credentials ann) bob=$(credentials bob)
  id="\"userId\":\"${admin%:*}\""
  status=$(prepare custom-user-status.create '{"name":"lunch","statusType":"away"}')

  call "without a login" "" "POST v1/custom-user-status.create"
  local case="without \`manage-user-status\`"
  call "$case" "$ann" "POST v1/custom-user-status.create" '{"name":"x","statusType":"busy"}'
  call "$case" "$ann" "POST v1/custom-user-status.update" "{\"_id\":\"$status\",\"name\":\"x\",\"statusType\":\"busy\"}"
  call "$case" "$ann" "POST v1/custom-user-status.delete" "{\"customUserStatusId\":\"$status\"}"
  call "without \`access-permissions\`" "$ann" "POST v1/permissions.update" '{"permissions":[]}'
  call "without \`access-permissions\`" "$ann" "POST v1/roles.addUserToRole" '{"username":"ann","roleId":"admin"}'

  prepare permissions.update '{"permissions":[{"_id":"create-personal-access-tokens","roles":["admin"]}]}'
  for route in generate regenerate remove; do
    call "without \`create-personal-access-tokens\`" "$ann" "POST v1/users.${route}PersonalAccessToken" '{"tokenName":"ci"}'
  done
  call "the secret is wrong" "$ann" "POST v1/users.createToken" "{$id,\"secret\":\"wrong\"}"
  call "another user" "$ann" "POST v1/users.setStatus" "{$id,\"status\":\"busy\"}"
  call "another user" "$ann" "POST v1/users.logout" "{$id}"
  call "another user's avatar" "$ann" "POST v1/users.resetAvatar" "{$id}"
  call "the role in one room" "$admin" "GET v1/roles.getUsersInRole?role=user&roomId=x"

  for route in UserStatusMessageChange UsernameChange UserProfileChange InvisibleStatusOption; do
    prepare "settings/Accounts_Allow$route" '{"value":false}'
  done
  call "status texts are off" "$ann" "POST v1/users.setStatus" '{"message":"x"}'
  call "invisibility is off" "$ann" "POST v1/users.setStatus" '{"status":"offline"}'
  call "changes of usernames are off" "$ann" "GET v1/users.checkUsernameAvailability?username=free"
  call "changes of profiles are off" "$ann" "POST v1/users.updateOwnBasicInfo" '{"data":{"bio":"x"}}'
  call "deleting the own account is off" "$ann" "POST v1/users.deleteOwnAccount" '{"password":"ann"}'

  case="hiding is off"
  call "$case" "$ann" "POST v1/users.setPreferences" '{"data":{"statusVisibilityDenied":["bob"]}}'
  call "$case" "$admin" "POST v1/users.update" "{\"userId\":\"${ann%:*}\",\"data\":{\"presenceDisabledByAdmin\":true}}"
  call "$case" "$admin" "POST v1/users.create" \
    '{"name":"x","username":"x","email":"x@x.example","password":"x","presenceDisabledByAdmin":true}'
  prepare settings/Accounts_UserStatus_Enabled '{"value":false}'
  call "statuses are off" "$ann" "POST v1/users.updateOwnBasicInfo" '{"data":{"statusType":"busy"}}'

  call "wrong password" "" "POST v1/login" '{"user":"ann","password":"wrong"}'
  prepare users.setActiveStatus "{\"userId\":\"${bob%:*}\",\"activeStatus\":false}"
  call "deactivated user" "" "POST v1/login" '{"user":"bob","password":"bob"}'

  for route in custom-user-status.list users.list directory settings.public channels.list groups.list im.list commands.list emoji-custom.list
  do
    call "parameter \`query\`" "$ann" "GET v1/$route?query=%7B%22type%22:%22users%22%7D"
  done
  call "parameter \`query\`" "$admin" "GET v1/roles.getUsersInRole?role=user&query=%7B%7D"
  for route in users.list users.info channels.list groups.list im.list commands.list; do
    call "parameter \`fields\`" "$ann" "GET v1/$route?fields=%7B%7D$([ "$route" != users.info ] || echo '&username=bob')"
  done
  call "the text to search for" "$ann" "GET v1/spotlight?query=a"
  for route in freeSwitchExtension sipExtension; do
    call "extension" "$admin" "POST v1/users.update" "{\"userId\":\"${ann%:*}\",\"data\":{\"$route\":\"1\"}}"
  done

  call "the role \`anonymous\`" "$ann" "GET v1/roles.list"
  call "the role \`anonymous\`" "$ann" "GET v1/roles.sync?updatedSince=1970-01-01T00:00:00Z"
  call "the role \`anonymous\` is given" "$admin" "POST v1/roles.addUserToRole" '{"username":"ann","roleId":"anonymous"}'
  call "the version" "" "GET info"
  call "the version" "" "GET v1/info"
  call "a refused method" "$ann" "POST v1/method.call/deleteCustomUserStatus" \
    '{"message":"{\"msg\":\"method\",\"id\":\"1\",\"method\":\"deleteCustomUserStatus\",\"params\":[\"x\"]}"}'
}

# Reads the columns of both servers, and prints a row for the requests that differ in the same way.
rows() {
  awk -F '\t' '
    function row() { if (routes != "") print "| " name " | " routes " | " eight " | " nine " |" }
    $1 != $4 || $2 != $5 { print "not the same requests: " $0; exit 1 }
    $3 == $6 { next }
    $1 == name && $3 == eight && $6 == nine { routes = routes ", " $2; next }
    { row(); name = $1; routes = $2; eight = $3; nine = $6 }
    END { row() }'
}

if [ "${1:-}" = --requests ]; then
  requests
  exit
fi
doorsign=${1:-doorsign}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for compat in 8 9; do
  "$doorsign" dev --compat "$compat" -- bash "$0" --requests >"$folder/$compat"
done
echo "| case | routes | \`8\` | \`9\` |"
echo "|---|---|---|---|"
paste "$folder/8" "$folder/9" | rows
