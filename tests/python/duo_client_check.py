"""Reads the look-alike of Duo's API with Duo's own client, unmodified.

Usage: duo_client_check.py FILE, where FILE is JSON: port, ca_file, keys, the window, and for each
log the ids (or the seconds and names) that must come back. Prints one line for each check; the
first mismatch ends it with a traceback and exit code 1.
"""

import json
import sys

import duo_client


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    admin = client(duo_client.Admin, plan, plan["admin"])
    window = {"mintime": plan["mintime"], "maxtime": plan["maxtime"]}

    for order in ("ts:asc", "ts:desc"):
        check(
            f"authentication {order}",
            [r["txid"] for r in authentications(admin, window, order)],
            plan["authentication"],
            order,
        )
        check(
            f"activity {order}",
            [r["activity_id"] for r in activities(admin, window, order)],
            plan["activity"],
            order,
        )
        check(
            f"telephony {order}",
            [r["telephony_id"] for r in telephony(admin, window, order)],
            plan["telephony"],
            order,
        )
    events = admin.get_trust_monitor_events_iterator(window["mintime"], window["maxtime"])
    check("trust monitor", [r["sekey"] for r in events], plan["trust_monitor"])
    for name, read in (
        ("administrator", admin.get_administrator_log),
        ("offline_enrollment", admin.get_offline_log),
    ):
        check(name, v1_log(read, plan), plan[name])

    classic = client(duo_client.Admin, plan, plan["admin"], sig_version=2)
    page = classic.get_activity_logs(limit=1, **window)
    equal("v2 signature", len(page["items"]), 1)
    equal("summary", admin.get_info_summary()["user_count"], plan["user_count"])
    attempts = admin.get_authentication_attempts()
    equal("attempts", sum(attempts.values()), len(plan["authentication"]))
    if admin.get_info_telephony_credits_used()["telephony_credits_used"] < 1:
        raise AssertionError("no telephony credits used")

    wrong = dict(plan["admin"], secret_key="0" * 40)
    refused("wrong secret key", 401, 40103, client(duo_client.Admin, plan, wrong).get_info_summary)
    unknown = dict(plan["admin"], integration_key="DIUNKNOWN00000000000")
    refused("unknown key", 401, 40102, client(duo_client.Admin, plan, unknown).get_info_summary)
    refused("settings without permission", 403, 40301, admin.get_settings)
    refused("user without permission", 403, 40301, lambda: admin.add_user("new.hire"))
    full = client(duo_client.Admin, plan, plan["full"])
    equal("settings", "lockout_threshold" in full.get_settings(), True)
    equal("users", len(full.get_users()), plan["user_count"])
    equal("new user", full.add_user("new.hire")["username"], "new.hire")
    auth = client(duo_client.Auth, plan, plan["admin"])
    equal("ping", set(auth.ping()), {"time"})
    refused("Auth API with an Admin API key", 403, 40301, auth.check)

    accounts = client(duo_client.Accounts, plan, plan["parent"])
    children = accounts.get_child_accounts()
    equal("children", [child["account_id"] for child in children], plan["children"])
    parent = client(duo_client.Admin, plan, plan["parent"])
    child = plan["children"][0]
    # Of the logs' own methods only the one for telephony passes the child account on.
    calls = parent.get_telephony_log(
        api_version=2, limit=1000, sort="asc", account_id=child, **window
    )
    found = [r["telephony_id"] for r in calls["items"]]
    equal("child's telephony", found, plan["telephony"])
    params = {key: str(value) for key, value in window.items()} | {"account_id": child}
    page = parent.json_api_call("GET", "/admin/v2/logs/activity", params)
    equal("child's activity", page["metadata"]["total_objects"], len(plan["activity"]))
    refused("parent without a child", 403, 40301, lambda: parent.get_activity_logs(**window))
    print("all checks passed")


def client(kind, plan, keys, **options):
    return kind(
        ikey=keys["integration_key"],
        skey=keys["secret_key"],
        host="127.0.0.1",
        port=plan["port"],
        ca_certs=plan["ca_file"],
        timeout=20,
        **options,
    )


def authentications(admin, window, order):
    asked = {}
    while True:
        page = admin.get_authentication_log(
            api_version=2, limit="70", sort=order, **window, **asked
        )
        yield from page["authlogs"]
        offset = page["metadata"].get("next_offset")
        if not offset or not page["authlogs"]:
            return
        asked["next_offset"] = ",".join(offset)


def activities(admin, window, order):
    asked = {}
    while True:
        page = admin.get_activity_logs(limit=7, sort=order, **window, **asked)
        yield from page["items"]
        offset = page["metadata"].get("next_offset")
        if not offset or not page["items"]:
            return
        asked["next_offset"] = offset


def telephony(admin, window, order):
    asked = {}
    while True:
        page = admin.get_telephony_log(
            api_version=2, limit=5, sort=order.removeprefix("ts:"), **window, **asked
        )
        yield from page["items"]
        offset = page["metadata"].get("next_offset")
        if not offset or not page["items"]:
            return
        asked["next_offset"] = offset


def v1_log(read, plan):
    """Moves mintime to the last second seen, and leaves out what that second repeats."""
    found = []
    mintime = plan["mintime"] // 1000
    while True:
        page = read(mintime=mintime)
        known = [r for r in found if r[0] == mintime]
        new = [[r["timestamp"], r["action"], r["username"]] for r in page][len(known):]
        if not new:
            return found
        found.extend(new)
        mintime = found[-1][0]


def refused(name, status, code, call):
    try:
        call()
    except RuntimeError as error:
        body = error.data  # The client has parsed it by then.
        equal(name, (error.status, body["code"], body["stat"]), (status, code, "FAIL"))
        return
    raise AssertionError(f"{name}: nothing was refused")


def check(name, found, expected, order="ts:asc"):
    if order == "ts:desc":
        expected = expected[::-1]
    equal(f"{name}, {len(expected)} records", found, expected)


def equal(name, found, expected):
    if found != expected:
        raise AssertionError(f"{name}: found {found!r:.600}, expected {expected!r:.600}")
    print(f"ok: {name}")


if __name__ == "__main__":
    main()
