package app

import (
	"fmt"
	"os"
)

// Exit codes, named and numbered as in sysexits.h. Postern never exits with 1 or
// 2, which shells and crashing programs use for anything.
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
	ExitDiffers     = 79  // not in sysexits.h
	ExitInterrupt   = 130 // 128 + SIGINT
)

// ExitMeanings is the table of "postern help exit-codes" without its last
// column, which lists the error codes with each exit code.
func ExitMeanings() []ExitMeaning {
	return []ExitMeaning{
		{ExitOK, "success"},
		{ExitUsage, "invalid command line"},
		{ExitData, "invalid key or value, or a test failed"},
		{ExitNoInput, "no such key or file"},
		{ExitUnavailable, "a provider is unavailable or does not support the operation"},
		{ExitSoftware, "a module crashed, or an internal error"},
		{ExitCantCreate, "a write conflicts with another version, or the file exists"},
		{ExitIO, "input or output error"},
		{ExitTemporary, "temporary failure, try again"},
		{ExitProtocol, "a module violated the protocol, or a digest does not match"},
		{ExitPermission, "permission denied by the policy or the store"},
		{ExitConfig, "invalid configuration, policy, module or grant"},
		{ExitDiffers, "policy diff found a change that --fail-on names"},
		{ExitInterrupt, "interrupted by SIGINT"},
	}
}

// ExitMeaning is one exit code and what it means.
type ExitMeaning struct {
	Exit    int
	Meaning string
}

// ChildExit is an error that ends postern with the exit code of the command that it ran,
// or with a code that says why the command did not run. Nothing more is printed for it.
// Signal is the signal that ended the command, or postern before the command started; Code
// is then 128 plus its number. It is nil if there was none.
type ChildExit struct {
	Code   int
	Signal os.Signal
}

func (e ChildExit) Error() string { return fmt.Sprintf("exit code %d", e.Code) }
