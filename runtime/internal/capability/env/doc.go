// Package env is the capability postern_env_v1: the environment variables that an
// operator granted by name, and the files that NAME_FILE variables point to.
package env
