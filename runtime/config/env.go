package config

import (
	"strings"

	"github.com/postern-project/postern/runtime/policy"
)

// environment is a process environment by name.
type environment map[string]string

// environ keeps the first of several values, as getenv does.
func environ(list []string) environment {
	env := make(environment, len(list))
	for _, entry := range list {
		name, value, ok := strings.Cut(entry, "=")
		if _, dup := env[name]; ok && !dup {
			env[name] = value
		}
	}
	return env
}

// The variables that override settings.
const (
	envConfig       = "POSTERN_CONFIG"
	envChain        = "POSTERN_CHAIN"
	envTimeout      = "POSTERN_TIMEOUT"
	envLogLevel     = "POSTERN_LOG_LEVEL"
	envLogFormat    = "POSTERN_LOG_FORMAT"
	envCaller       = "POSTERN_AS"
	envRole         = "POSTERN_ROLE"
	envLabel        = "POSTERN_LABEL"
	envCompileCache = "POSTERN_COMPILE_CACHE"
)

// notEmpty returns an error if a variable is set and empty: what was to be in it is
// missing, and a default instead of it may mean another configuration or a wider
// identity.
func (env environment) notEmpty(variable string) error {
	if value, set := env[variable]; set && value == "" {
		return errorf("%s is empty; give it a value, or unset it", variable)
	}
	return nil
}

// overrides reads the settings that the environment may make, which include no
// grant. It skips what flags set, but not the labels: they are merged.
func (env environment) overrides(flags Overrides) (Overrides, error) {
	for _, v := range []struct {
		name string
		flag bool
	}{
		{envChain, len(flags.Chain) > 0}, {envTimeout, flags.Timeout != ""}, {envLogLevel, flags.LogLevel != ""}, {envLogFormat, flags.LogFormat != ""},
		{envCaller, flags.Caller != ""}, {envRole, len(flags.Roles) > 0}, {envLabel, false}, {envCompileCache, flags.CompileCache != ""},
	} {
		if err := env.notEmpty(v.name); err != nil && !v.flag {
			return Overrides{}, err
		}
	}
	o := Overrides{
		Chain:        splitList(env[envChain]),
		Timeout:      env[envTimeout],
		LogLevel:     env[envLogLevel],
		LogFormat:    env[envLogFormat],
		Caller:       env[envCaller],
		Roles:        splitList(env[envRole]),
		CompileCache: env[envCompileCache],
	}
	var err error
	if o.Labels, err = policy.ParseLabels(splitList(env[envLabel])); err != nil {
		return o, errorf("%s: %v", envLabel, err)
	}
	return o, nil
}

// splitList splits at commas and trims the spaces around each element.
func splitList(s string) []string {
	if s == "" {
		return nil
	}
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		out = append(out, strings.TrimSpace(part))
	}
	return out
}
