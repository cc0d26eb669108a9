package policy

import "time"

// Op is one operation on secrets.
type Op uint8

// The operations that a rule can name. The zero Op is none of them and is
// always denied.
const (
	OpGet Op = iota + 1
	OpSet
	OpDelete
	OpKeys
	OpWatch
	opEnd
)

var opNames = [opEnd]string{"", "get", "set", "delete", "keys", "watch"}

// String returns the name that rules use, or "" for an unknown operation.
func (o Op) String() string {
	if o >= opEnd {
		return ""
	}
	return opNames[o]
}

// ParseOp returns the operation of that name; ok is false for any other text,
// also for the groups "read", "write" and "*", which only rules may use.
func ParseOp(name string) (op Op, ok bool) {
	for o := OpGet; o < opEnd; o++ {
		if opNames[o] == name {
			return o, true
		}
	}
	return 0, false
}

// opSet is a set of operations, one bit each.
type opSet uint8

func (s opSet) has(o Op) bool { return s&(1<<o) != 0 }

const (
	opsRead  opSet = 1<<OpGet | 1<<OpKeys | 1<<OpWatch
	opsWrite opSet = 1<<OpSet | 1<<OpDelete
	opsAll   opSet = opsRead | opsWrite
)

// parseOpSet resolves one word of a rule's ops field.
func parseOpSet(word string) (opSet, bool) {
	switch word {
	case "read":
		return opsRead, true
	case "write":
		return opsWrite, true
	case "*":
		return opsAll, true
	}
	op, ok := ParseOp(word)
	return 1 << op, ok
}

// Request is everything that a policy may read. There is no field for a
// value: a policy cannot depend on one, nor reveal one.
//
// A Request is only read, and not kept after the call.
type Request struct {
	Caller string            // who asks, for example "uid:1000" or "app"
	Roles  []string          // any of them satisfies a rule's roles
	Op     Op                // what is asked
	Key    string            // the canonical key
	Labels map[string]string // further facts about the caller
	Time   time.Time         // the time of the decision; a zero Time is denied
}
