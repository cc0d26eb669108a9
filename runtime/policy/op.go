package policy

// Op is an operation on secrets.
type Op uint8

// The operations that a rule can name. A request with the zero Op is denied.
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

// opSet is a set of operations, one bit each.
type opSet uint8

func (s opSet) has(o Op) bool { return s&(1<<o) != 0 }

// The groups of operations that rules can name.
const (
	opsRead  opSet = 1<<OpGet | 1<<OpKeys | 1<<OpWatch
	opsWrite opSet = 1<<OpSet | 1<<OpDelete
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
	}
	op, ok := ParseOp(word)
	return 1 << op, ok
}
