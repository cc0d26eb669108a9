package config

import "strings"

// environment is a process environment by name.
type environment map[string]string

// environ keeps the first of several values, as getenv does.
func environ(list []string) environment {
	env := make(environment, len(list))
	for _, entry := range list {
		name, value, ok := strings.Cut(entry, "=")
		if _, twice := env[name]; ok && !twice {
			env[name] = value
		}
	}
	return env
}

// Variables of the environment, by the setting that they override.
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

// overrides reads the settings that the environment may make. An empty variable
// counts as unset. Grants are not among them.
func (env environment) overrides() (Overrides, error) {
	o := Overrides{
		Chain:        list(env[envChain]),
		Timeout:      env[envTimeout],
		LogLevel:     env[envLogLevel],
		LogFormat:    env[envLogFormat],
		Caller:       env[envCaller],
		Roles:        list(env[envRole]),
		CompileCache: env[envCompileCache],
	}
	var err error
	o.Labels, err = ParseLabels(list(env[envLabel]))
	return o, err
}

// ParseLabels reads entries of the form name=value.
func ParseLabels(entries []string) (map[string]string, error) {
	var labels map[string]string
	for _, entry := range entries {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" {
			return nil, fault("the label %s is not of the form name=value", quoted(entry))
		}
		if labels == nil {
			labels = make(map[string]string)
		}
		labels[name] = value
	}
	return labels, nil
}

// list splits at commas and drops blanks around names.
func list(s string) []string {
	if s == "" {
		return nil
	}
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		out = append(out, strings.TrimSpace(part))
	}
	return out
}
