//go:build !amd64

package waiting

var older map[uint64]wait
