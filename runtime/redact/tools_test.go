package redact_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
)

// tools print the value in $V as programs do.
var tools = []struct{ name, tool, script string }{
	{"json", "python3", `import json,os; print(json.dumps({"a":os.environ["V"]}), json.dumps(json.dumps(os.environ["V"])))`},
	{"repr", "python3", `import os; print(repr(os.environ["V"]), ascii(os.environ["V"]), os.environb[b"V"])`},
	{"urllib", "python3", `import os,urllib.parse as u; print(u.quote(os.environ["V"],safe=""), u.quote_plus(os.environ["V"]))`},
	{"html", "python3", `import os,html; print(html.escape(os.environ["V"]))`},
	{"shlex", "python3", `import os,shlex; print(shlex.quote(os.environ["V"]))`},
	{"csv", "python3", `import os,csv,sys; csv.writer(sys.stdout).writerow(["a",os.environ["V"],"b"])`},
	{"quopri", "python3", `import os,quopri; print(quopri.encodestring(os.environb[b"V"]*1).decode())`},
	{"mime", "python3", `import os,base64; print(base64.encodebytes(b"x"*50+os.environb[b"V"]+b"y"*50).decode())`},
	{"base32", "python3", `import os,base64; print(base64.b32encode(os.environb[b"V"]).decode())`},
	{"json", "node", `console.log(JSON.stringify(process.env.V), [process.env.V])`},
	{"url", "node", `const u=new URL("https://h/"); u.username="app"; u.password=process.env.V; console.log(u.href, encodeURIComponent(process.env.V), escape(process.env.V))`},
	{"search", "node", `console.log(new URLSearchParams({a: process.env.V}).toString())`},
	{"unpack", "perl", `use Encode; print map({ sprintf "\\x%02x", ord } split //, $ENV{V}), "\n", map({ sprintf "&#%d;", ord } split //, decode_utf8($ENV{V})), "\n"`},
	{"quote", "bash", `printf '%q\n' "$V"; declare -p V; echo "${V@Q}"; set -x; : "$V"`},
	{"trace of patterns", "bash", `set -x; [[ x == "$V" ]]; [[ x != *"$V"* ]]; [[ x =~ "$V" ]] || :`},
	{"base64", "bash", `printf '%s' "$V" | base64; printf '%s' "0123456789012345678901234567890123456789012345$V" | base64`},
	{"od", "bash", `printf '%s' "$V" | od -An -v -t x1 | tr -d ' \n'; echo`},
	{"tostring", "jq", `env.V, (env.V|@json), (env.V|@uri), (env.V|@html), (env.V|@sh), ([env.V]|@csv), (env.V|@base64), ({a:env.V}|tojson)`},
	{"enc", "openssl", ""},
	{"quote", "sqlite3", ""},
}

func command(tool, script, v string) *exec.Cmd {
	switch tool {
	case "python3", "bash", "zsh", "ksh":
		return exec.Command(tool, "-c", script)
	case "node", "perl":
		return exec.Command(tool, "-e", script)
	case "jq":
		return exec.Command(tool, "-n", "-r", script)
	case "openssl":
		cmd := exec.Command(tool, "base64")
		cmd.Stdin = strings.NewReader(strings.Repeat("x", 40) + v)
		return cmd
	}
	return exec.Command(tool, ":memory:", "select quote('"+strings.ReplaceAll(v, "'", "''")+"')")
}

// TM-156: what tools print of a value is masked, except a few bytes beside base64.
func TestTM156Tools(t *testing.T) {
	t.Parallel()
	for _, tool := range tools {
		t.Run(tool.tool+" "+tool.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(tool.tool); err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%s is not installed", tool.tool)
				}
				t.Skipf("%s is not installed", tool.tool)
			}
			for _, v := range []string{"Tr0ub4dor&3/x+y=zQ9", `it's "7u" $H0ME <x> 5%`, "pässwört-Ключ-9€", "ghp_Qm4Zr8Tn2Lw6Vx0Ks9Dj3Hf7Gp1Yb5Ce"} {
				cmd := command(tool.tool, tool.script, v)
				cmd.Env = append(os.Environ(), "V="+v, "LC_ALL=C.UTF-8", "PYTHONIOENCODING=utf-8")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				r := filled(t, redact.AllEncodings, []string{v})
				got := r.String(string(out))
				if !strings.Contains(got, "[REDACTED:key/00000]") {
					t.Errorf("%q became %q", out, got)
				}
				for line := range strings.Lines(string(out)) { // no line may be left as it was, unless it has nothing of the value
					if len(strings.TrimSpace(line)) > 8 && strings.Contains(got, line) && !strings.Contains(line, "xxxxxxxx") && !strings.Contains(line, "eHh4") && !strings.HasPrefix(line, "eXl5") {
						t.Errorf("%q is not masked", line)
					}
				}
			}
		})
	}
}
