package app

import "fmt"

// Exit codes, with the names and numbers of sysexits.h. 1 and 2 are not among
// them: a shell and a crashing program say those for anything.
const (
	ExitOK          = 0
	ExitUsage       = 64
	ExitData        = 65
	ExitNoInput     = 66
	ExitUnavailable = 69
	ExitSoftware    = 70
	ExitCantCreate  = 73
	ExitIO          = 74
	ExitTemporary   = 75
	ExitProtocol    = 76
	ExitPermission  = 77
	ExitConfig      = 78
	ExitInterrupt   = 130 // 128 + SIGINT
)

// ExitMeanings is the table of "postern help exit-codes" without its last
// column, which lists the error codes with each exit code.
func ExitMeanings() []ExitMeaning {
	return []ExitMeaning{
		{ExitOK, "success"},
		{ExitUsage, "the command line was not understood"},
		{ExitData, "a key or value cannot be used, or a test failed"},
		{ExitNoInput, "there is no such key or file"},
		{ExitUnavailable, "a provider cannot be reached, or does not offer this"},
		{ExitSoftware, "a module crashed, or a bug of postern"},
		{ExitCantCreate, "a write met another version"},
		{ExitIO, "input or output failed"},
		{ExitTemporary, "try again later"},
		{ExitProtocol, "a module broke the rules, or a digest does not fit"},
		{ExitPermission, "refused: by policy, or by the store"},
		{ExitConfig, "the configuration, a policy, a module or a grant is wrong"},
		{ExitInterrupt, "interrupted by SIGINT"},
	}
}

// ExitMeaning is one exit code and what it means.
type ExitMeaning struct {
	Exit    int
	Meaning string
}

// ChildExit ends this command with the exit code of the command that it ran, or
// with one that says why there was none. Everything has been reported by then.
type ChildExit struct{ Code int }

func (e ChildExit) Error() string { return fmt.Sprintf("exit code %d", e.Code) }
