"""Sends what docs/openapi.json allows and what it forbids to a demo, as nobody, as a member and as an admin.

Needs PLASS_URL. Every check of schemathesis is on: no 5xx, no status, header, type or field that the document does not
know, nothing valid refused, nothing invalid taken. What is excepted stands in schemathesis.toml with its reason. Each of
the three begins with ids that exist, so that more than the way in is tried.
"""

import os
import pathlib
import subprocess
import sys

import requests

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
HOUSE = os.environ["PLASS_URL"]
API = HOUSE + "/api/v1"
WORK = ROOT / "target" / "schemathesis"

# One seed and so many cases of each kind for an operation: the same requests each time, but for the ids.
SEED = int(os.environ.get("PLASS_SEED", "20260101"))
CASES = 12


def sign_in(name):
    reply = requests.post(API + "/auth/login", json={"email": f"{name}@demo.plass", "password": "demo"}, timeout=20)
    reply.raise_for_status()
    return {"Authorization": "Bearer " + reply.json()["access_token"]}


def get(path, who):
    reply = requests.get(API + path, headers=who, timeout=20)
    reply.raise_for_status()
    return reply.json()


def something_real(admin, member):
    """Ids of things that are there, the member's own where there are any."""
    event = get("/events?is_paid_event=true&open=true", admin)["results"][0]["id"]
    signed_up = requests.post(API + f"/events/{event}/registrations", json={}, headers=member, timeout=20)
    signed_up.raise_for_status()
    order = signed_up.json()["order"]
    grants = get("/grants?limit=100", admin)["results"]
    return {
        "event_id": event,
        "order_id": order["order_id"],
        "user_id": signed_up.json()["user"]["user_id"],
        "slug": get("/groups", admin)["results"][0]["slug"],
        # Not the admin's own: nobody saws off the branch he sits on.
        "grant_id": next(grant["grant_id"] for grant in grants if grant["role"] == "treasurer"),
        "code": "event_full",
    }


def run(name, who, phases, ids):
    print(f"--- {phases} as {name}", flush=True)
    config = WORK / f"{name}.toml"
    pinned = "".join(f'"path.{key}" = "{value}"\n' for key, value in ids.items())
    settings = (HERE / "schemathesis.toml").read_text().replace("hooks.py", str(HERE / "hooks.py"))
    config.write_text(settings + "\n[parameters]\n" + pinned)
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", config, "run", ROOT / "docs/openapi.json",
        "--url", HOUSE, "--checks", "all", "--phases", phases, "--max-examples", str(CASES), "--seed", str(SEED), "--no-color",
    ]
    for header, value in who.items():
        command += ["--header", f"{header}: {value}"]
    return subprocess.run(command, cwd=WORK, check=False).returncode


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    admin, member = sign_in("admin"), sign_in("member01")
    real = something_real(admin, member)
    codes = []
    # The one who may break most comes last. Stories are told with the ids that they make themselves.
    for name, who in [("nobody", {}), ("member", member), ("admin", admin)]:
        codes += [run(name, who, "examples,coverage,fuzzing", real), run(name, who, "stateful", {})]
    still_there = requests.get(HOUSE + "/health/ready", timeout=20).status_code == 200
    print(f"nobody, member, admin: {codes}; the house is {'ready' if still_there else 'NOT ready'}", flush=True)
    return 0 if not any(codes) and still_there else 1


sys.exit(main())
