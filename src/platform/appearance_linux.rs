//! Linux: the desktop's portal, over the session's D-Bus.
//!
//! The signal is listened to before the values are read, so that no change falls in between; and it
//! is still listened to when reading failed, because a portal may be started later.
//!
//! Source: <https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html>.
//! Portals before version 2 know only `Read`, which wraps the value once more. Few know the setting
//! for motion yet; GNOME's own one for animations, which more of them hand on, stands in.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use zbus::proxy::{Builder, CacheProperties, SignalStream};
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, Proxy};

use super::appearance::Appearance;

/// How long the bus or the portal, which may have to be started first, takes for one answer.
const ANSWER: Duration = Duration::from_secs(10);

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const INTERFACE: &str = "org.freedesktop.portal.Settings";

const UNKNOWN_METHOD: &str = "org.freedesktop.DBus.Error.UnknownMethod";

/// Namespace and key of a setting.
type Key = (&'static str, &'static str);

const SCHEME: Key = ("org.freedesktop.appearance", "color-scheme");
const MOTION: Key = ("org.freedesktop.appearance", "reduced-motion");
const ANIMATIONS: Key = ("org.gnome.desktop.interface", "enable-animations");

pub(super) async fn follow(tell: &mut (impl FnMut(Appearance) + Send)) {
    let mut said = Said::default();
    let mut changes = match in_time(listen()).await {
        Ok((portal, changes)) => {
            if let Err(error) = said.read(&portal).await {
                tracing::debug!(%error, "the desktop does not say how programs should look");
            }
            changes
        }
        Err(error) => {
            tracing::debug!(%error, "the desktop cannot be asked how programs should look");
            tell(Appearance::default());
            return;
        }
    };
    let mut told = said.appearance();
    tell(told);
    while let Some(change) = poll_fn(|context| Pin::new(&mut changes).poll_next(context)).await {
        if let Ok((namespace, key, value)) = change.body().deserialize::<(&str, &str, Value<'_>)>()
        {
            said.take((namespace, key), &value);
        }
        if said.appearance() != told {
            told = said.appearance();
            tell(told);
        }
    }
}

async fn listen() -> zbus::Result<(Proxy<'static>, SignalStream<'static>)> {
    let bus = Connection::session().await?;
    let portal: Proxy<'static> = Builder::new(&bus)
        .destination(PORTAL)?
        .path(PATH)?
        .interface(INTERFACE)?
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let changes = portal.receive_signal("SettingChanged").await?;
    Ok((portal, changes))
}

async fn read(portal: &Proxy<'_>, key: Key) -> zbus::Result<OwnedValue> {
    match in_time(portal.call("ReadOne", &key)).await {
        Err(zbus::Error::MethodError(name, ..)) if name == UNKNOWN_METHOD => {
            in_time(portal.call("Read", &key)).await
        }
        answer => answer,
    }
}

/// The answer, or an error when there is none in time.
async fn in_time<T>(answer: impl Future<Output = zbus::Result<T>>) -> zbus::Result<T> {
    match tokio::time::timeout(ANSWER, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(zbus::Error::Failure(format!("no answer within {} s", ANSWER.as_secs()))),
    }
}

/// What the portal has said so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said {
    scheme: Option<u32>,
    motion: Option<u32>,
    animations: Option<bool>,
}

impl Said {
    /// A setting the portal does not know is left out; fails when it knows none or cannot be asked.
    async fn read(&mut self, portal: &Proxy<'_>) -> zbus::Result<()> {
        let mut refused = None;
        for key in [SCHEME, MOTION, ANIMATIONS] {
            match read(portal, key).await {
                Ok(value) => self.take(key, &value),
                Err(error @ zbus::Error::MethodError(..)) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match refused {
            Some(error) if *self == Self::default() => Err(error),
            _ => Ok(()),
        }
    }

    fn take(&mut self, key: (&str, &str), value: &Value<'_>) {
        let mut value = value;
        while let Value::Value(inner) = value {
            value = inner;
        }
        match (key, value) {
            (SCHEME, Value::U32(scheme)) => self.scheme = Some(*scheme),
            (MOTION, Value::U32(motion)) => self.motion = Some(*motion),
            (ANIMATIONS, Value::Bool(animations)) => self.animations = Some(*animations),
            _ => {}
        }
    }

    /// The portal's numbers: 1 is dark, 2 is light, 1 is less motion; 0 and any other are no wish.
    fn appearance(self) -> Appearance {
        Appearance {
            dark: match self.scheme {
                Some(1) => Some(true),
                Some(2) => Some(false),
                _ => None,
            },
            reduced_motion: match self.motion {
                Some(motion) => motion == 1,
                None => self.animations == Some(false),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portals_numbers_mean_dark_light_or_nothing() {
        for (scheme, dark) in [(0, None), (1, Some(true)), (2, Some(false)), (3, None)] {
            let mut said = Said::default();
            said.take(SCHEME, &Value::from(scheme as u32));
            assert_eq!(said.appearance().dark, dark, "{scheme}");
        }
        assert_eq!(Said::default().appearance(), Appearance::default());
    }

    #[test]
    fn an_older_portal_wraps_its_values_once_more() {
        let mut said = Said::default();
        said.take(SCHEME, &Value::Value(Box::new(Value::Value(Box::new(Value::from(1_u32))))));
        assert_eq!(said.appearance().dark, Some(true));
    }

    #[test]
    fn the_setting_for_motion_counts_before_the_one_for_animations() {
        for (motion, animations, reduced) in [
            (None, None, false),
            (None, Some(true), false),
            (None, Some(false), true),
            (Some(1), Some(true), true),
            (Some(0), Some(false), false),
        ] {
            let said = Said { scheme: None, motion, animations };
            assert_eq!(said.appearance().reduced_motion, reduced, "{said:?}");
        }
    }

    #[test]
    fn what_is_not_asked_for_or_has_another_form_changes_nothing() {
        let mut said = Said::default();
        said.take(("org.freedesktop.appearance", "accent-color"), &Value::from(1_u32));
        said.take(SCHEME, &Value::from("dark"));
        assert_eq!(said, Said::default());
    }
}
