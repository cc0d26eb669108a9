"""Reads documents for the tests: a line of JSON with a reader and a text in, the values by key out."""
import base64, datetime, io, json, sys


def tomllib():
    import tomllib
    return lambda text: tomllib.loads(text)


def tomlkit():
    import tomlkit
    return lambda text: tomlkit.parse(text).unwrap()


def pyyaml():
    import yaml
    return lambda text: yaml.safe_load(text)


def ruamel():
    from ruamel.yaml import YAML
    return lambda text: YAML(typ="safe", pure=True).load(text)


def pyjson():
    return json.loads


def dotenv():
    import dotenv
    return lambda text: dict(dotenv.dotenv_values(stream=io.StringIO(text, newline="")))


READERS = {"tomllib": tomllib, "tomlkit": tomlkit, "PyYAML": pyyaml, "ruamel": ruamel, "python json": pyjson, "python-dotenv": dotenv}


def flat(value, key, out):
    if isinstance(value, dict):
        out[key + "/"] = "table"
        for name, inner in value.items():
            flat(inner, f"{key}/{name}" if key else str(name), out)
    elif isinstance(value, (list, tuple)):
        out[key] = "list " + repr(value)
    elif isinstance(value, str):
        out[key] = "text " + value
    elif isinstance(value, bool):
        out[key] = "bool " + ("true" if value else "false")
    elif isinstance(value, (int, float)):
        out[key] = "number " + repr(value)
    elif value is None:
        out[key] = "null"
    else:
        out[key] = "other " + (value.isoformat() if hasattr(value, "isoformat") else repr(value))


def main():
    found = {}
    for name, make in READERS.items():
        try:
            found[name] = make()
        except Exception:
            pass
    print(json.dumps(sorted(found)), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            out = {}
            flat(found[request["reader"]](base64.b64decode(request["text"]).decode()) or {}, "", out)
            print(json.dumps({"values": out}), flush=True)
        except Exception as e:
            print(json.dumps({"error": repr(e) or "failed"}), flush=True)


main()
