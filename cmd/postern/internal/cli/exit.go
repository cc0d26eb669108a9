package cli

import "fmt"

// Exit codes, with the names and numbers of sysexits.h. 1 and 2 are not among
// them: a shell and a crashing program say those for anything.
const (
	exitOK          = 0
	exitUsage       = 64
	exitData        = 65
	exitNoInput     = 66
	exitUnavailable = 69
	exitSoftware    = 70
	exitCantCreate  = 73
	exitIO          = 74
	exitTemporary   = 75
	exitProtocol    = 76
	exitPermission  = 77
	exitConfig      = 78
	exitInterrupt   = 130 // 128 + SIGINT
)

// exitMeanings is the table of "postern help exit-codes" without its last
// column, which lists the error codes with each exit code.
func exitMeanings() []exitMeaning {
	return []exitMeaning{
		{exitOK, "success"},
		{exitUsage, "the command line was not understood"},
		{exitData, "a key or value cannot be used, or a test failed"},
		{exitNoInput, "there is no such key or file"},
		{exitUnavailable, "a provider cannot be reached, or does not offer this"},
		{exitSoftware, "a module crashed, or a bug of postern"},
		{exitCantCreate, "a write met another version"},
		{exitIO, "input or output failed"},
		{exitTemporary, "try again later"},
		{exitProtocol, "a module broke the rules, or a digest does not fit"},
		{exitPermission, "refused: by policy, or by the store"},
		{exitConfig, "the configuration, a policy, a module or a grant is wrong"},
		{exitInterrupt, "interrupted by SIGINT"},
	}
}

type exitMeaning struct {
	Exit    int
	Meaning string
}

// childEnd ends this command with the exit code of the one that it ran, or with
// one that says why there was none. All is said by then.
type childEnd struct{ code int }

func (e childEnd) Error() string { return fmt.Sprintf("exit code %d", e.code) }
