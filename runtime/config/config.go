package config

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/internal/protectedfiles"
)

// DefaultTimeout is how long one command may take if nothing else is set: 30 s.
const DefaultTimeout = 30 * time.Second

// Sources says where a configuration comes from.
type Sources struct {
	// Path names the file. "" means the value of POSTERN_CONFIG, else
	// postern.yaml, postern.toml or postern.json in Dir or the nearest folder above
	// it that has one, else no file. The search ends at the top of a repository, at
	// home, at a mount point, and below a folder that others can write.
	Path string

	// Dir is the current folder; "" is ".".
	Dir string

	// Environ is the environment as os.Environ returns it: for the variables that
	// this package reads, and for env grants. Nil is an empty environment; pass
	// os.Environ() for that of the process. A POSTERN_ variable that is set and empty
	// is an error, unless a flag overrides it.
	Environ []string

	// Flags override the environment and the file.
	Flags Overrides

	// CacheDir is [runtime.Options.CompileCache] if nothing else is set.
	CacheDir string

	// Stderr is the writer of a decision log with the path "-": see
	// [runtime.DecisionLog.Writer]. Nil is os.Stderr.
	Stderr io.Writer
}

// Overrides are settings from outside the file. A zero field sets nothing. An error
// about one of them wraps an [InvalidFlag].
type Overrides struct {
	Chain        []string
	Timeout      string // as in the file, such as "5s"
	LogLevel     string
	LogFormat    string
	Caller       string
	Roles        []string
	Labels       map[string]string
	CompileCache string // a folder, or "off"
}

// Config is a configuration that was checked.
type Config struct {
	Path    string // of the file, absolute; "" without a file
	Found   bool   // the file was found in the folder or above it, not named
	Options runtime.Options
	Timeout time.Duration // of one command

	// Inject has, for each provider that sets "inject", the keys that a command turns
	// into environment variables even if the user does not name them. An empty list
	// is none. For a provider that does not set "inject", the command decides.
	Inject map[string]glob.List

	LogLevel  slog.Level
	LogFormat string // "text", "json" or "", which is text

	// Settings are all settings and their origins, sorted by key. The values of
	// modules' settings are hidden: see [Config.Disclose].
	Settings []Setting
	Warnings []string // for people, one line each
	Wants    []string // why a file that was found must be trusted; nil if it need not be
	Trusted  bool     // the user accepted the Wants of the file
	LockPath string   // of postern.lock, absolute; "" without a file

	stderr io.Writer // of Sources
	layers *layers
	text   []byte // of the file
	store  string // path of the trust store; "" if there is no home folder
	digest string // under which the file is trusted

	lockText []byte // of the lock as it was read, or written since

	uses protectedfiles.Setup // files that are not to be written

	moduleErr error // for the first module of a found file that cannot be read
	pinErr    error // for the first one that does not match its pin
}

// Setting is one setting with its origin.
type Setting struct {
	Key    string `json:"key"`    // such as providers.app.module
	Value  string `json:"value"`  // as JSON; "[REDACTED]" if it is hidden
	Origin string `json:"origin"` // "default", "file", or the name of a variable or flag
}

// Load reads the configuration that s describes. Its error is a [secret.Error]
// with [secret.ErrLoad], or with [secret.ErrIntegrity] if a module of a file that
// was found does not match its pin.
func Load(s Sources) (*Config, error) {
	c, err := read(s)
	if err != nil {
		return nil, err
	}
	if c.moduleErr != nil {
		return nil, c.moduleErr
	}
	if err := c.checkTrust(); err != nil {
		return nil, err
	}
	if c.pinErr != nil {
		return nil, c.pinErr
	}
	if len(c.Options.Providers) == 0 {
		return nil, errorf(`%s: there are no providers; set "providers"`, c.source())
	}
	return c, nil
}

// Inspect is [Load] for a caller that shows a configuration without using it: it
// also returns a file that is not trusted, has no providers, or has modules that cannot
// be read. See Wants and Trusted.
func Inspect(s Sources) (*Config, error) { return read(s) }

func read(s Sources) (*Config, error) {
	if s.Dir == "" {
		s.Dir = "."
	}
	env := environ(s.Environ)
	c := &Config{stderr: s.Stderr}
	if c.stderr == nil {
		c.stderr = os.Stderr
	}
	c.Options.Environ = func() []string { return s.Environ }
	tree, err := c.readFile(s, env)
	if err != nil {
		return nil, err
	}
	var origins []origin
	if tree == nil {
		if tree, origins, err = c.withoutFile(s, env); err != nil {
			return nil, err
		}
	} else {
		c.warnLegacy(env)
	}
	l, err := merge(c, tree, origins, env, s.Flags)
	if err != nil {
		return nil, err
	}
	if err := c.decode(l, s.CacheDir); err != nil {
		return nil, err
	}
	if err := c.checkDotenv(env); err != nil {
		return nil, err
	}
	if err := c.checkWriteGrants(env); err != nil {
		return nil, err
	}
	if err := c.readLock(); err != nil {
		return nil, err
	}
	return c, c.findWants(env)
}
