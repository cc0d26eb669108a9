//go:build !amd64

package ttywait

var older map[uint64]wait
