package config

import (
	"log/slog"
	"time"

	"github.com/postern-project/postern/runtime"
)

// DefaultTimeout bounds one command when nothing else was set.
const DefaultTimeout = 30 * time.Second

// Sources is where a configuration comes from.
type Sources struct {
	// Path names the file. "" means POSTERN_CONFIG, else postern.yaml,
	// postern.toml or postern.json in Dir, else no file.
	Path string

	// Dir is the current folder; "" is ".".
	Dir string

	// Environ is the environment as os.Environ returns it. Nil means none.
	Environ []string

	// Flags win over all else.
	Flags Overrides

	// CacheDir is [runtime.Options.CompileCache] when nothing else was set.
	CacheDir string
}

// Overrides are settings from outside the file. A zero field sets nothing.
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

// Config is a checked configuration.
type Config struct {
	Path    string // of the file, absolute; "" when there is none
	Found   bool   // the file was found in the folder, not named
	Options runtime.Options
	Timeout time.Duration // of one command

	LogLevel  slog.Level
	LogFormat string // "text", "json" or "": text on a terminal

	Settings []Setting // what is in force, sorted by key
	Warnings []string  // one line each, for people
	Wants    []string  // why a found file must be trusted; nil when it need not
	Trusted  bool      // a found file that has Wants was accepted
	LockPath string    // of the lock, absolute; "" when there is no file for it to lie beside

	text   []byte // of the file
	store  string // file of accepted digests, "" when there is no place for it
	digest string // of the file, its place and its modules

	altered error // the first module of a found file that is not what the lock pins
}

// Setting is one value in force and where it comes from.
type Setting struct {
	Key    string `json:"key"`    // such as providers.app.module
	Value  string `json:"value"`  // as JSON writes it
	Origin string `json:"origin"` // "default", "file", a variable's or a flag's name
}

// Load returns the configuration of s. Its error is a [secret.Error] with
// [secret.ErrLoad], or [secret.ErrIntegrity] when a module of a found file is not
// what its lock pins.
func Load(s Sources) (*Config, error) {
	c, err := read(s)
	if err != nil {
		return nil, err
	}
	if err := c.checkTrust(); err != nil {
		return nil, err
	}
	if c.altered != nil {
		return nil, c.altered
	}
	return c, nil
}

// Inspect is [Load] without asking whether the file was accepted, for those
// who show a configuration and use nothing of it. Wants and Trusted tell.
func Inspect(s Sources) (*Config, error) { return read(s) }

func read(s Sources) (*Config, error) {
	if s.Dir == "" {
		s.Dir = "."
	}
	env := environ(s.Environ)
	c := &Config{}
	c.Options.Environ = func() []string { return s.Environ }
	tree, err := c.readFile(s, env)
	if err != nil {
		return nil, err
	}
	if tree == nil {
		tree = c.withoutFile(s, env)
	} else {
		c.ignoreLegacy(env)
	}
	l, err := merge(c, tree, env, s.Flags)
	if err != nil {
		return nil, err
	}
	if err := c.decode(l, s.CacheDir); err != nil {
		return nil, err
	}
	if err := c.readLock(); err != nil {
		return nil, err
	}
	return c, c.findWants(env)
}
