//! Windows: its manager of services (SCM).
//!
//! Restart: 5 seconds after the first failure, then 30, then every minute; a day without one begins
//! anew. "Failure" includes an end with an error, not only a crash.
//!
//! Sources: <https://learn.microsoft.com/windows/win32/services/service-control-manager>,
//! <https://learn.microsoft.com/windows/win32/services/localservice-account>,
//! <https://learn.microsoft.com/windows/win32/api/winsvc/ns-winsvc-service_sid_info>,
//! <https://learn.microsoft.com/windows/win32/api/winsvc/nf-winsvc-startservicew>,
//! <https://learn.microsoft.com/windows-server/administration/windows-commands/icacls>.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceControl, ServiceControlAccept,
    ServiceErrorControl, ServiceExitCode, ServiceFailureActions, ServiceFailureResetPeriod,
    ServiceInfo, ServiceSidType, ServiceStartType, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};
use windows_service::{Error, service_dispatcher};

use super::service::{NAME, State, Work};
use super::{program, signals};
use crate::base::Problem;

/// How people find it in the list of services.
const TITLE: &str = "Duo Security Integrator";

const ACCOUNT: &str = r"NT AUTHORITY\LocalService";

/// How long starting and stopping may take.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// `ERROR_SERVICE_DOES_NOT_EXIST`.
const DOES_NOT_EXIST: i32 = 1060;
/// `ERROR_FAILED_SERVICE_CONTROLLER_CONNECT`: nobody's service, but somebody's terminal.
const NOT_A_SERVICE: i32 = 1063;
/// `ERROR_SERVICE_ALREADY_RUNNING`.
const ALREADY_RUNNING: i32 = 1056;
/// `ERROR_SERVICE_NOT_ACTIVE`.
const NOT_ACTIVE: i32 = 1062;
/// `ERROR_INVALID_LEVEL`.
const UNKNOWN_SETTING: i32 = 124;
/// `ERROR_ACCESS_DENIED`.
const DENIED: i32 = 5;

pub(super) fn root() -> Result<PathBuf, Problem> {
    match std::env::var_os("ProgramData").filter(|value| !value.is_empty()) {
        Some(folder) => Ok(PathBuf::from(folder).join(NAME)),
        None => Err(Problem::new("The service\u{2019}s home is not known")
            .because("the variable ProgramData is not set")
            .next("name a folder with --home DIR")),
    }
}

pub(super) fn install(root: &Path) -> Result<(), Problem> {
    let failed = told("The service could not be installed");
    let info = ServiceInfo {
        name: NAME.into(),
        display_name: TITLE.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: program_for_all()?,
        launch_arguments: vec!["--home".into(), root.into(), "service".into(), "run".into()],
        dependencies: Vec::new(),
        account_name: Some(ACCOUNT.into()),
        account_password: None,
    };
    let manager = manager(ServiceManagerAccess::CREATE_SERVICE).map_err(&failed)?;
    let access = ServiceAccess::QUERY_CONFIG | ServiceAccess::CHANGE_CONFIG | ServiceAccess::START;
    let service = match manager.open_service(NAME, access) {
        Ok(service) => {
            service.change_config(&info).map_err(&failed)?;
            service
        }
        Err(error) if code(&error) == Some(DOES_NOT_EXIST) => {
            manager.create_service(&info, access).map_err(&failed)?
        }
        Err(error) => return Err(failed(error)),
    };
    service
        .set_description("Collects Duo\u{2019}s logs into a local store and hands them on.")
        .map_err(&failed)?;
    let again = |seconds| ServiceAction {
        action_type: ServiceActionType::Restart,
        delay: Duration::from_secs(seconds),
    };
    service
        .update_failure_actions(ServiceFailureActions {
            reset_period: ServiceFailureResetPeriod::After(Duration::from_secs(86_400)),
            reboot_msg: None,
            command: None,
            actions: Some(vec![again(5), again(30), again(60)]),
        })
        .map_err(&failed)?;
    // Wine's manager, under which this is tried, knows neither of these.
    for done in [
        service.set_failure_actions_on_non_crash_failures(true),
        service.set_config_service_sid_info(ServiceSidType::Unrestricted),
    ] {
        match done {
            Err(error) if code(&error) != Some(UNKNOWN_SETTING) => return Err(failed(error)),
            _ => {}
        }
    }
    close_to_others(root)
}

/// This program's file, which the service's account has to be able to read.
fn program_for_all() -> Result<PathBuf, Problem> {
    let what = "The service could not be installed";
    let program = program::path().map_err(|error| {
        Problem::new(what).because(error).next("see whether the program is still where it was")
    })?;
    let own = std::env::var_os("USERPROFILE").filter(|folder| !folder.is_empty());
    if own.is_some_and(|own| program.starts_with(own)) {
        return Err(Problem::new(what)
            .because(format!(
                "the program lies in your own folder, where the service cannot read it: {}",
                program.display()
            ))
            .next(
                "use the installer for the whole computer, or copy the program to a folder under \
                 C:\\Program Files and install the service from there",
            ));
    }
    Ok(program)
}

/// Only the system, administrators and this service: what its users may do on other folders under
/// `%PROGRAMDATA%` is not inherited. The numbers are the same in every language of Windows.
fn close_to_others(root: &Path) -> Result<(), Problem> {
    let failed = |reason: String| {
        Problem::new("The service\u{2019}s home could not be closed to other users")
            .because(reason)
            .next(format!(
                "the service is installed; see to this folder\u{2019}s permissions before you \
                 start it: {}",
                root.display()
            ))
    };
    std::fs::create_dir_all(root).map_err(|error| failed(error.to_string()))?;
    let system = std::env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
    let done = Command::new(Path::new(&system).join(r"System32\icacls.exe"))
        .arg(root)
        .args(["/inheritance:r", "/grant:r", "*S-1-5-18:(OI)(CI)F"])
        .args(["*S-1-5-32-544:(OI)(CI)F", &format!(r"NT SERVICE\{NAME}:(OI)(CI)M"), "/Q"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("icacls: {error}")))?;
    if done.status.success() {
        return Ok(());
    }
    Err(failed(format!("icacls: {}", String::from_utf8_lossy(&done.stderr).trim())))
}

pub(super) fn remove() -> Result<bool, Problem> {
    let failed = told("The service could not be removed");
    let access = ServiceAccess::QUERY_STATUS | ServiceAccess::STOP | ServiceAccess::DELETE;
    let Some(service) = open(access).map_err(&failed)? else { return Ok(false) };
    end(&service).map_err(&failed)?;
    service.delete().map_err(&failed)?;
    Ok(true)
}

pub(super) fn start(words: &[OsString]) -> Result<(), Problem> {
    let failed = told("The service could not be started");
    let access = ServiceAccess::QUERY_STATUS | ServiceAccess::START;
    let Some(service) = open(access).map_err(&failed)? else { return Err(not_installed()) };
    match service.start(words) {
        Ok(()) => {}
        Err(error) if code(&error) == Some(ALREADY_RUNNING) => return Ok(()),
        Err(error) => return Err(failed(error)),
    }
    let begun = Instant::now();
    let reason = loop {
        match service.query_status().map_err(&failed)?.current_state {
            ServiceState::Running => return Ok(()),
            ServiceState::Stopped => break "it ended at once".to_owned(),
            _ if begun.elapsed() > PATIENCE => {
                break format!("it was not at work after {} s", PATIENCE.as_secs());
            }
            _ => std::thread::sleep(BETWEEN_LOOKS),
        }
    };
    Err(Problem::new("The service did not start")
        .because(reason)
        .next("see the last lines of its log, in the folder state\\logs of its home"))
}

pub(super) fn stop() -> Result<(), Problem> {
    let failed = told("The service could not be stopped");
    let access = ServiceAccess::QUERY_STATUS | ServiceAccess::STOP;
    let Some(service) = open(access).map_err(&failed)? else { return Err(not_installed()) };
    if end(&service).map_err(&failed)? {
        return Ok(());
    }
    Err(Problem::new("The service did not stop")
        .because(format!("it was still at work after {} s", PATIENCE.as_secs()))
        .next("wait a little and try again; ending its process loses no record"))
}

pub(super) fn state() -> Result<State, Problem> {
    let failed = told("How the service stands cannot be read");
    let Some(service) = open(ServiceAccess::QUERY_STATUS).map_err(&failed)? else {
        return Ok(State::NotInstalled);
    };
    Ok(match service.query_status().map_err(&failed)?.current_state {
        ServiceState::Stopped => State::Stopped,
        ServiceState::StartPending => State::Starting,
        ServiceState::StopPending => State::Stopping,
        _ => State::Running,
    })
}

fn manager(more: ServiceManagerAccess) -> Result<ServiceManager, Error> {
    ServiceManager::local_computer(None::<&OsStr>, ServiceManagerAccess::CONNECT | more)
}

fn open(access: ServiceAccess) -> Result<Option<Service>, Error> {
    match manager(ServiceManagerAccess::empty())?.open_service(NAME, access) {
        Ok(service) => Ok(Some(service)),
        Err(error) if code(&error) == Some(DOES_NOT_EXIST) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ends it. Whether it has ended.
fn end(service: &Service) -> Result<bool, Error> {
    match service.stop() {
        Ok(_) => {}
        Err(error) if code(&error) == Some(NOT_ACTIVE) => return Ok(true),
        Err(error) => return Err(error),
    }
    let begun = Instant::now();
    while service.query_status()?.current_state != ServiceState::Stopped {
        if begun.elapsed() > PATIENCE {
            return Ok(false);
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    Ok(true)
}

fn code(error: &Error) -> Option<i32> {
    match error {
        Error::Winapi(cause) => cause.raw_os_error(),
        _ => None,
    }
}

fn told(what: &'static str) -> impl Fn(Error) -> Problem {
    move |error| {
        let next = match code(&error) {
            Some(DENIED) => {
                "do it in a terminal that was opened with \u{201c}Run as administrator\u{201d}"
            }
            _ => "see Windows\u{2019} list of services (services.msc) and try again",
        };
        let reason = match &error {
            Error::Winapi(cause) => cause.to_string(),
            other => other.to_string(),
        };
        Problem::new(what).because(reason).next(next)
    }
}

fn not_installed() -> Problem {
    Problem::new("There is no service on this computer")
        .next("install it: duo-integrator service install")
}

// ---- Being the service --------------------------------------------------------------------------

/// The manager calls a function that takes nothing of ours along.
static WORK: Mutex<Option<Work>> = Mutex::new(None);

pub(super) fn run(work: Work) -> Result<(), Problem> {
    *WORK.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
    service_dispatcher::start(NAME, begin).map_err(|error| {
        if code(&error) == Some(NOT_A_SERVICE) {
            return Problem::new("This command is for Windows\u{2019} manager of services")
                .next("start the service: duo-integrator service start");
        }
        told("The service could not begin")(error)
    })
}

windows_service::define_windows_service!(begin, live);

fn live(words: Vec<OsString>) {
    let ask = signals::leave_to_manager();
    let handler = move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            ask();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let Ok(handle) = service_control_handler::register(NAME, handler) else { return };
    let tell = |state, exit_code| {
        let status = ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            controls_accepted: match state {
                ServiceState::Running => {
                    ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN
                }
                _ => ServiceControlAccept::empty(),
            },
            exit_code,
            checkpoint: 0,
            wait_hint: match state {
                ServiceState::StartPending => PATIENCE,
                _ => Duration::ZERO,
            },
            process_id: None,
        };
        if let Err(error) = handle.set_service_status(status) {
            tracing::warn!(%error, "the manager of services was not told");
        }
    };
    tell(ServiceState::StartPending, ServiceExitCode::NO_ERROR);
    let work = WORK.lock().unwrap_or_else(PoisonError::into_inner).take();
    // The first word is the service's name.
    let begun = || tell(ServiceState::Running, ServiceExitCode::NO_ERROR);
    let done = work.map_or(Ok(()), |work| work(words.into_iter().skip(1).collect(), &begun));
    let exit_code = match done {
        Ok(()) => ServiceExitCode::NO_ERROR,
        Err(problem) => {
            tracing::error!(%problem, "the service ends");
            ServiceExitCode::ServiceSpecific(1)
        }
    };
    tell(ServiceState::Stopped, exit_code);
}
