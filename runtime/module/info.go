package module

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/postern-project/postern/runtime/abi"
)

// Info describes the file of a module.
type Info struct {
	SHA256    string    `json:"sha256"` // in hexadecimal
	Size      int       `json:"size"`   // in bytes
	Manifest  *Manifest `json:"manifest,omitempty"`
	Verbs     []string  `json:"verbs"` // of get, set, delete, keys, watch
	Wants     []string  `json:"wants"` // capabilities that it imports, sorted
	Imports   []Import  `json:"imports"`
	Exports   []Export  `json:"exports"`
	MemoryMin uint32    `json:"memory_min"`           // in pages of 64 KiB
	MemoryMax uint32    `json:"memory_max,omitempty"` // 0 when the module sets none
	Compile   Compile   `json:"compile"`
}

// Compile is an upper bound of what compiling a module takes, estimated without compiling
// it.
type Compile struct {
	Seconds float64 `json:"seconds"` // on two processors
	MiB     int     `json:"mib"`     // of memory
	Large   bool    `json:"large"`   // only the limit "module: large" accepts it
}

// Import is one function that a module imports from its host.
type Import struct {
	Module    string `json:"module"`
	Name      string `json:"name"`
	Signature string `json:"signature"` // such as "(i32, i32) -> (i32)"
}

// Export is one export of a module. Signature is set for functions only.
type Export struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"` // function, memory, table or global
	Signature string `json:"signature,omitempty"`
}

// Digest returns the SHA-256 of a file in hexadecimal, as in [Info] and [Lock].
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// verbs are the verbs that exports implement, in the order of Info.
var verbs = [...]struct{ export, verb string }{
	{abi.ExportGet, "get"}, {abi.ExportSet, "set"}, {abi.ExportDelete, "delete"},
	{abi.ExportKeys, "keys"}, {abi.ExportPoll, "watch"},
}
