//! From a request to an answer: who asks, for what, and whether they may.
//!
//! Promises: the signature is checked before any permission, as Duo does, so 40301 proves that the
//! keys are right; a path nobody serves is 404 whoever asks.

use super::answer::{Answer, Refusal};
use super::faults::Fault;
use super::logs::{self, Params};
use super::organisation::{Availability, Kind, Organisation, Permissions};
use super::request::Request;
use super::resources;
use super::verify;
use super::world::World;
use crate::base::UnixMillis;
use crate::record::LogType;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Ping,
    Check,
    AccountList,
    Summary,
    CreditsUsed,
    Attempts,
    UserAttempts,
    Settings,
    Users,
    CreateUser,
    Log(LogType),
}

/// Answers a request.
pub(super) fn answer(
    world: &mut World,
    request: &Request,
    fault: Option<&Fault>,
    now: UnixMillis,
) -> Answer {
    match respond(world, request, fault, now) {
        Ok(answer) => answer,
        Err(refusal) => refusal.into(),
    }
}

fn respond(
    world: &mut World,
    request: &Request,
    fault: Option<&Fault>,
    now: UnixMillis,
) -> Result<Answer, Refusal> {
    let endpoint = endpoint(&request.method, &request.path)?;
    if endpoint == Endpoint::Ping {
        return Ok(Answer::ok(&resources::time(now)));
    }
    let account = who(world, request, now)?;
    world
        .rate_limits
        .count(&account, &request.path)
        .map_err(|retry_after_secs| Refusal { retry_after_secs, ..Refusal::new(42901) })?;
    let world: &World = world;
    let caller = world.organisation(&account).ok_or(Refusal::new(40102))?;
    let params = request.params();
    let params = Params(&params);
    match (endpoint, &caller.kind) {
        (Endpoint::Check, Kind::AuthApi) => return Ok(Answer::ok(&resources::time(now))),
        (Endpoint::AccountList, Kind::Accounts(children)) => {
            return Ok(Answer::ok(&resources::children(world, children)));
        }
        (Endpoint::Check | Endpoint::AccountList, _) | (_, Kind::AuthApi) => {
            return Err(Refusal::wrong_type());
        }
        _ => {}
    }
    let subject = subject(world, caller, params.get("account_id"))?;
    if !permitted(caller.permissions, endpoint) {
        return Err(Refusal::new(40301));
    }
    match endpoint {
        Endpoint::Log(log_type) => {
            match subject.availability(log_type) {
                Availability::Available => {}
                Availability::Forbidden => return Err(Refusal::new(40301)),
                Availability::Retired => return Err(Refusal::new(40401)),
            }
            logs::respond(world, subject, log_type, &params, fault, now)
                .map(|text| Answer::ok(&text))
        }
        Endpoint::Summary => Ok(Answer::ok(&resources::summary(world, subject, now))),
        Endpoint::CreditsUsed => {
            resources::credits_used(world, subject, &params, now).map(|text| Answer::ok(&text))
        }
        Endpoint::Attempts => {
            resources::attempts(world, subject, &params, now, false).map(|text| Answer::ok(&text))
        }
        Endpoint::UserAttempts => {
            resources::attempts(world, subject, &params, now, true).map(|text| Answer::ok(&text))
        }
        Endpoint::Settings => Ok(Answer::ok(resources::SETTINGS)),
        Endpoint::Users => resources::users(subject, &params),
        Endpoint::CreateUser => resources::create_user(&params).map(|text| Answer::ok(&text)),
        Endpoint::Ping | Endpoint::Check | Endpoint::AccountList => Err(Refusal::new(40401)),
    }
}

fn endpoint(method: &str, path: &str) -> Result<Endpoint, Refusal> {
    let (endpoint, wanted) = match path {
        "/auth/v2/ping" => (Endpoint::Ping, "GET"),
        "/auth/v2/check" => (Endpoint::Check, "GET"),
        "/accounts/v1/account/list" => (Endpoint::AccountList, "POST"),
        "/admin/v1/info/summary" => (Endpoint::Summary, "GET"),
        "/admin/v1/info/telephony_credits_used" => (Endpoint::CreditsUsed, "GET"),
        "/admin/v1/info/authentication_attempts" => (Endpoint::Attempts, "GET"),
        "/admin/v1/info/user_authentication_attempts" => (Endpoint::UserAttempts, "GET"),
        "/admin/v1/settings" => (Endpoint::Settings, "GET"),
        "/admin/v1/users" if method == "POST" => (Endpoint::CreateUser, "POST"),
        "/admin/v1/users" => (Endpoint::Users, "GET"),
        _ => (Endpoint::Log(logs::log_at(path).ok_or(Refusal::new(40401))?), "GET"),
    };
    if method == wanted { Ok(endpoint) } else { Err(Refusal::new(40501)) }
}

/// The account whose keys signed the request.
fn who(world: &mut World, request: &Request, now: UnixMillis) -> Result<String, Refusal> {
    let claim = verify::claim(request)?;
    let caller = world
        .organisations
        .iter()
        .find(|known| known.integration_key == claim.integration_key)
        .ok_or(Refusal::new(40102))?;
    verify::signature(request, &claim, &caller.secret_key, now, world.clock_tolerance)?;
    let account = caller.account_id.clone();
    if world.refuse_reused_signatures && !world.used_signatures.insert(claim.signature) {
        return Err(Refusal::new(40103));
    }
    Ok(account)
}

/// Whose records are asked for: a parent's Accounts API key reads its children, any other key its
/// own account.
fn subject<'a>(
    world: &'a World,
    caller: &'a Organisation,
    account_id: Option<&str>,
) -> Result<&'a Organisation, Refusal> {
    match (&caller.kind, account_id) {
        (Kind::Accounts(children), Some(id)) if children.iter().any(|child| child == id) => {
            world.organisation(id).ok_or(Refusal::new(40301))
        }
        (Kind::Accounts(_), Some(_)) => Err(Refusal::new(40301)),
        (Kind::Accounts(_), None) => Err(Refusal::wrong_type()),
        (_, None) => Ok(caller),
        (_, Some(id)) if id == caller.account_id => Ok(caller),
        (_, Some(_)) => Err(Refusal::new(40301)),
    }
}

const fn permitted(granted: Permissions, endpoint: Endpoint) -> bool {
    match endpoint {
        Endpoint::Log(_) => granted.read_log,
        Endpoint::Summary | Endpoint::CreditsUsed | Endpoint::Attempts | Endpoint::UserAttempts => {
            granted.read_information
        }
        Endpoint::Settings => granted.settings,
        Endpoint::Users => granted.read_resource,
        Endpoint::CreateUser => granted.write_resource,
        Endpoint::Ping | Endpoint::Check | Endpoint::AccountList => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::world::{INTEGRATION_KEY, SECRET_KEY};
    use super::*;
    use crate::duo::sign::{self, Scheme};

    const NOW: UnixMillis = UnixMillis(1_794_800_000_000);

    fn request(method: &str, path: &str, query: &[(&str, &str)], keys: (&str, &str)) -> Request {
        let date = sign::date_text(NOW);
        let body: &[u8] = if method == "POST" { b"{}" } else { b"" };
        let parts = sign::Request {
            date: &date,
            method,
            host: "127.0.0.1",
            path,
            params: query,
            body,
            headers: &[],
        };
        let authorization = parts.authorization(Scheme::V5, keys.0, keys.1.as_bytes());
        Request {
            method: method.into(),
            path: path.into(),
            headers: vec![
                ("host".into(), "127.0.0.1:1".into()),
                ("date".into(), date),
                ("authorization".into(), authorization),
                ("content-type".into(), "application/json".into()),
            ],
            query: query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body: body.to_vec(),
        }
    }

    fn code(world: &mut World, method: &str, path: &str) -> u64 {
        code_of(world, &request(method, path, &[], (INTEGRATION_KEY, SECRET_KEY)))
    }

    fn code_of(world: &mut World, request: &Request) -> u64 {
        let answer = answer(world, request, None, NOW);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let code = body["code"].as_u64().unwrap_or(20000);
        assert_eq!(u64::from(answer.status), code / 100);
        code
    }

    #[test]
    fn permissions_open_exactly_their_paths() {
        let mut world = World::single();
        assert_eq!(code(&mut world, "GET", "/admin/v1/info/summary"), 20000);
        assert_eq!(code(&mut world, "GET", "/admin/v1/logs/administrator"), 20000);
        assert_eq!(code(&mut world, "GET", "/admin/v1/settings"), 40301);
        assert_eq!(code(&mut world, "GET", "/admin/v1/users"), 40301);
        assert_eq!(code(&mut world, "POST", "/admin/v1/users"), 40301);
        world.organisations[0].permissions = Permissions {
            settings: true,
            read_resource: true,
            write_resource: true,
            ..Permissions::default()
        };
        assert_eq!(code(&mut world, "GET", "/admin/v1/info/summary"), 40301);
        assert_eq!(code(&mut world, "GET", "/admin/v1/logs/administrator"), 40301);
        assert_eq!(code(&mut world, "GET", "/admin/v1/settings"), 20000);
        assert_eq!(code(&mut world, "GET", "/admin/v1/users"), 20000);
        assert_eq!(code(&mut world, "POST", "/admin/v1/users"), 40002);
    }

    #[test]
    fn unknown_paths_and_methods_are_told_apart() {
        let mut world = World::single();
        assert_eq!(code(&mut world, "GET", "/admin/v1/info"), 40401);
        assert_eq!(code(&mut world, "POST", "/admin/v1/info/summary"), 40501);
        assert_eq!(
            code_of(
                &mut world,
                &Request {
                    method: "GET".into(),
                    path: "/auth/v2/ping".into(),
                    ..Request::default()
                }
            ),
            20000
        );
    }

    #[test]
    fn a_log_can_be_forbidden_or_retired() {
        let mut world = World::single();
        world.organisations[0].set_availability(LogType::TrustMonitor, Availability::Forbidden);
        world.organisations[0].set_availability(LogType::Administrator, Availability::Retired);
        assert_eq!(code(&mut world, "GET", "/admin/v1/trust_monitor/events"), 40301);
        assert_eq!(code(&mut world, "GET", "/admin/v1/logs/administrator"), 40401);
    }

    #[test]
    fn keys_of_another_type_are_refused() {
        let mut world = World::single();
        assert_eq!(code(&mut world, "GET", "/auth/v2/check"), 40301);
        assert_eq!(code(&mut world, "POST", "/accounts/v1/account/list"), 40301);
        world.organisations[0].kind = Kind::AuthApi;
        assert_eq!(code(&mut world, "GET", "/auth/v2/check"), 20000);
        assert_eq!(code(&mut world, "GET", "/admin/v1/info/summary"), 40301);
    }

    #[test]
    fn a_parent_reads_its_children_and_no_others() {
        let mut world = World::single();
        let parent = ("DIPARENT0EXAMPLE0001", "parentsecret0000000000000000000000000001");
        let mut accounts = Organisation::new("Parent", parent.0, parent.1, "DAPARENT");
        let child = world.organisations[0].account_id.clone();
        accounts.kind = Kind::Accounts(vec![child.clone()]);
        world.organisations.push(accounts);
        let path = "/admin/v1/logs/administrator";
        let mut ask =
            |query: &[(&str, &str)]| code_of(&mut world, &request("GET", path, query, parent));
        assert_eq!(ask(&[("account_id", &child)]), 20000);
        assert_eq!(ask(&[("account_id", "DASOMEBODYELSE")]), 40301);
        assert_eq!(ask(&[]), 40301);
        let list = request("POST", "/accounts/v1/account/list", &[], parent);
        assert_eq!(code_of(&mut world, &list), 20000);
    }

    #[test]
    fn a_signature_is_good_once_only_when_the_world_says_so() {
        let mut world = World::single();
        let path = "/admin/v1/info/summary";
        assert_eq!(code(&mut world, "GET", path), 20000);
        assert_eq!(code(&mut world, "GET", path), 20000);
        world.refuse_reused_signatures = true;
        assert_eq!(code(&mut world, "GET", path), 20000);
        assert_eq!(code(&mut world, "GET", path), 40103);
    }
}
