package postern

import "github.com/postern-project/postern/runtime/abi"

// Env returns the value of an environment variable. The error is NotFound if it is
// unset, Capability if it is not granted. It needs grant: { env: [PATTERN...] }.
func Env(name string) ([]byte, error) { return ask(rawEnvGet, name) }

// EnvNames returns the names of the granted variables that begin with prefix,
// sorted. It needs the same grant as [Env].
func EnvNames(prefix string) ([]string, error) {
	b, err := ask(rawEnvList, prefix)
	if err != nil {
		return nil, err
	}
	return texts(b, abi.TagName)
}
