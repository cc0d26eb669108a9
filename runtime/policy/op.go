package policy

import "strings"

// Op is an operation on secrets.
type Op uint8

// The operations that a rule can name. A request with the zero Op is denied. OpSet
// is either of OpCreate and OpUpdate: it is allowed if both are.
const (
	OpGet Op = iota + 1
	OpSet
	OpDelete
	OpKeys
	OpWatch
	OpCreate // a set of a key that no provider has
	OpUpdate // a set of a key that a provider has
	opEnd
)

var opNames = [opEnd]string{"", "get", "set", "delete", "keys", "watch", "create", "update"}

// String returns the name that rules use, or "" for an unknown operation.
func (o Op) String() string {
	if o >= opEnd {
		return ""
	}
	return opNames[o]
}

// ParseOp returns the operation of that name. It returns false for any other text,
// including "read", "write" and "*", which only rules may use.
func ParseOp(name string) (op Op, ok bool) {
	for o := OpGet; o < opEnd; o++ {
		if opNames[o] == name {
			return o, true
		}
	}
	return 0, false
}

// opSet is a set of operations, one bit each. OpSet has a bit only together with
// OpCreate and OpUpdate.
type opSet uint8

func (s opSet) has(o Op) bool { return s&(1<<(o-1)) != 0 }

// bitsOf returns the set of one operation.
func bitsOf(ops ...Op) (s opSet) {
	for _, o := range ops {
		s |= 1 << (o - 1)
	}
	return s
}

// The groups of operations that rules can name.
const (
	opsRead  opSet = 1<<(OpGet-1) | 1<<(OpKeys-1) | 1<<(OpWatch-1)
	opsSet   opSet = 1<<(OpSet-1) | 1<<(OpCreate-1) | 1<<(OpUpdate-1)
	opsWrite opSet = opsSet | 1<<(OpDelete-1)
	opsAll   opSet = opsRead | opsWrite
)

// parseOpSet returns the operations that one word of a rule's ops field means.
func parseOpSet(word string) (opSet, bool) {
	switch word {
	case "read":
		return opsRead, true
	case "write":
		return opsWrite, true
	case "*":
		return opsAll, true
	case "set":
		return opsSet, true
	}
	op, ok := ParseOp(word)
	return bitsOf(op), ok
}

// complete adds OpSet if both of its forms are in the set.
func (s opSet) complete() opSet {
	if s.has(OpCreate) && s.has(OpUpdate) {
		return s | opsSet
	}
	return s
}

// splitsSet reports whether s has exactly one of the forms of OpSet.
func (s opSet) splitsSet() bool { return s.has(OpCreate) != s.has(OpUpdate) }

// String lists the operations as a rule would name them.
func (s opSet) String() string {
	var names []string
	for o := OpGet; o < opEnd; o++ {
		if s.has(o) && !(s.has(OpSet) && (o == OpCreate || o == OpUpdate)) {
			names = append(names, opNames[o])
		}
	}
	return strings.Join(names, ", ")
}

// DecideSet decides about a set of a key that may exist or not. It calls decide for
// OpCreate and OpUpdate. If only one of them is allowed, wanted, req.Op and the decision
// are those of that operation: before writing, find out whether the key exists.
// Otherwise wanted is 0.
func DecideSet(req *Request, decide func(Request) Decision) (d Decision, wanted Op) {
	create, update := *req, *req
	create.Op, update.Op = OpCreate, OpUpdate
	whenAbsent, whenPresent := decide(create), decide(update)
	switch {
	case whenAbsent.Allow == whenPresent.Allow:
		return whenPresent, 0
	case whenAbsent.Allow:
		req.Op = OpCreate
		return whenAbsent, OpCreate
	}
	req.Op = OpUpdate
	return whenPresent, OpUpdate
}
