package values

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
)

// VariableName returns the environment variable for a key: upper case, with "_"
// in place of everything but letters and digits.
func VariableName(key secret.Key) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, string(key))
}

// IsVariable reports whether a shell can read a variable of this name.
func IsVariable(name string) bool {
	return name != "" && VariableName(secret.Key(name)) == strings.ToUpper(name) && (name[0] < '0' || name[0] > '9')
}

// NameEntries sets the variable of every entry that has none. It fails if two keys have the
// same variable, if a shell would reject the name, or if the name is [Dangerous]
// and not among those that are allowed.
func NameEntries(entries []format.Entry, allowed []string) error {
	owner := map[string]secret.Key{}
	for i := range entries {
		e := &entries[i]
		if e.Name == "" {
			e.Name = VariableName(e.Key)
		}
		other, taken := owner[e.Name]
		switch {
		case taken:
			return badName(e.Key, fmt.Sprintf("it has the same variable, %q, as the key %q", e.Name, other))
		case e.Name[0] >= '0' && e.Name[0] <= '9':
			return badName(e.Key, fmt.Sprintf("its variable would be %q, which begins with a digit", e.Name))
		case !IsVariable(e.Name):
			return badName(e.Key, fmt.Sprintf("its variable would be %q, which a shell cannot read", e.Name))
		case Dangerous(strings.ToUpper(e.Name)) && !slices.Contains(allowed, e.Name):
			return badName(e.Key, fmt.Sprintf("its variable would be %q, which changes how programs behave; use --allow-env %s to allow it", e.Name, e.Name))
		}
		owner[e.Name] = e.Key
	}
	return nil
}

func badName(key secret.Key, why string) error {
	return &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: key, Detail: why + " (use --except to leave the key out)"}
}

// Dangerous reports whether a variable makes shells, loaders, interpreters or
// tools run or load code, or changes where they find it, as PATH does. The value
// of a key must not end up in such a variable by accident.
func Dangerous(name string) bool {
	for _, prefix := range []string{"LD_", "DYLD_", "BASH_FUNC_", "GIT_CONFIG_", "NPM_CONFIG_", "MALLOC_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	_, found := slices.BinarySearch(dangerousNames(), name)
	return found
}

// dangerousNames returns the names in order.
func dangerousNames() []string {
	return []string{
		"BASHOPTS", "BASH_ENV", "BROWSER",
		"CARGO_BUILD_RUSTC_WRAPPER", "CDPATH", "CLASSPATH", "CORECLR_PROFILER_PATH", "COR_PROFILER_PATH",
		"DOTNET_STARTUP_HOOKS", "EDITOR", "ENV", "FPATH", "GCONV_PATH",
		"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY",
		"GIT_ASKPASS", "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR",
		"GIT_SSH", "GIT_SSH_COMMAND", "GIT_TEMPLATE_DIR", "GLIBC_TUNABLES", "GOENV", "GOFLAGS", "GOROOT", "GOTOOLCHAIN",
		"HOME", "HOSTALIASES", "IFS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "LESSCLOSE", "LESSOPEN", "LOCALDOMAIN", "LOCPATH",
		"LUA_CPATH", "LUA_INIT", "LUA_PATH", "MAKEFLAGS", "MANPAGER", "NIS_PATH", "NLSPATH", "NODE_OPTIONS", "NODE_PATH",
		"OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "PAGER", "PATH",
		"PERL5DB", "PERL5LIB", "PERL5OPT", "PERLLIB", "PHPRC", "PHP_INI_SCAN_DIR", "PROMPT_COMMAND", "PS4",
		"PYTHONBREAKPOINT", "PYTHONEXECUTABLE", "PYTHONHOME", "PYTHONINSPECT", "PYTHONPATH", "PYTHONPLATLIBDIR",
		"PYTHONPYCACHEPREFIX", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONWARNINGS", "RESOLV_HOST_CONF", "RES_OPTIONS",
		"RUBYLIB", "RUBYOPT", "RUSTC_WRAPPER", "R_PROFILE", "SHELL", "SHELLOPTS", "SSH_ASKPASS", "TMPDIR", "VISUAL",
		"ZDOTDIR", "_JAVA_OPTIONS",
	}
}
