package abi

import "strconv"

// Status is the result of an export and, negated, the result of a host function that
// failed. Numbers are only ever added and never reused.
type Status int32

// The statuses. SPEC.md defines their meaning. Each but OK has the name of an error
// code of package secret.
const (
	OK              Status = 0
	NotFound        Status = 1
	Forbidden       Status = 2
	Unauthenticated Status = 3
	Unavailable     Status = 4
	Throttled       Status = 5
	InvalidKey      Status = 6
	Unsupported     Status = 7
	Conflict        Status = 8
	TooLarge        Status = 9
	Internal        Status = 10
	NotConfigured   Status = 11
	Integrity       Status = 12
	Timeout         Status = 13
	ReadOnly        Status = 14
	InvalidValue    Status = 15
	Capability      Status = 16
)

// statusNames is indexed by Status.
var statusNames = [...]string{
	"ok", "not_found", "forbidden", "unauthenticated", "unavailable", "throttled", "invalid_key",
	"unsupported", "conflict", "too_large", "internal", "not_configured", "integrity", "timeout",
	"read_only", "invalid_value", "capability",
}

// Known reports whether s is a status of this version.
func (s Status) Known() bool { return s >= 0 && int(s) < len(statusNames) }

// String returns the name of the status, or its number if it is unknown.
func (s Status) String() string {
	if !s.Known() {
		return strconv.Itoa(int(s))
	}
	return statusNames[s]
}

// Statuses returns all statuses in the order of their numbers. The caller may change
// the slice.
func Statuses() []Status {
	all := make([]Status, len(statusNames))
	for i := range all {
		all[i] = Status(i)
	}
	return all
}

// Level is the severity of a line in the guest log.
type Level int32

// The levels, with the numbers of log/slog.
const (
	LevelDebug Level = -4
	LevelInfo  Level = 0
	LevelWarn  Level = 4
	LevelError Level = 8
)
