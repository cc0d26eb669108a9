package policy

import (
	"errors"
	"fmt"
	"time"
)

// Status describes the attempts of a [Live] to load its policy.
type Status struct {
	Revision    string    // of the policy that decides
	LoadedAt    time.Time // when that policy was loaded
	LastAttempt time.Time // when the source was last read
	LastError   error     // of the last attempt, nil if it succeeded
	FailingFrom time.Time // when the failures began, zero if LastError is nil
	Failures    uint64    // number of failed attempts since the start
	Stale       bool      // MaxStale was over at the last attempt: everything is denied
}

// String describes the status in one line.
func (s Status) String() string {
	text := fmt.Sprintf("revision %s, loaded %s", s.Revision, s.LoadedAt.UTC().Format(time.RFC3339))
	if s.LastError == nil {
		return text
	}
	if s.Stale {
		text += "; stale"
	}
	text += fmt.Sprintf("; failing since %s", s.FailingFrom.UTC().Format(time.RFC3339))
	var le *LoadError
	if errors.As(s.LastError, &le) {
		return text + ": " + le.Error()
	}
	return text
}
