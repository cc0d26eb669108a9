package module

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/postern-project/postern/runtime/abi"
)

// Info is what a module's file says about itself.
type Info struct {
	SHA256    string    `json:"sha256"` // in hexadecimal
	Size      int       `json:"size"`   // in bytes
	Manifest  *Manifest `json:"manifest,omitempty"`
	Verbs     []string  `json:"verbs"` // of get, set, delete, keys, watch
	Wants     []string  `json:"wants"` // the capabilities that it imports, sorted
	Imports   []Import  `json:"imports"`
	Exports   []Export  `json:"exports"`
	MemoryMin uint32    `json:"memory_min"`           // in pages of 64 KiB
	MemoryMax uint32    `json:"memory_max,omitempty"` // 0 when the module sets none
}

// Import is one function that a module wants from its host.
type Import struct {
	Module    string `json:"module"`
	Name      string `json:"name"`
	Signature string `json:"signature"` // such as "(i32, i32) -> (i32)"
}

// Export is one thing that a module offers. Signature is set for functions only.
type Export struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"` // function, memory, table or global
	Signature string `json:"signature,omitempty"`
}

// Digest returns the SHA-256 of a file in hexadecimal, as [Info] and [Lock] hold it.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// verbs names what each optional export makes possible, in the order in which
// Info lists them.
var verbs = [...]struct{ export, verb string }{
	{abi.ExportGet, "get"}, {abi.ExportSet, "set"}, {abi.ExportDelete, "delete"},
	{abi.ExportKeys, "keys"}, {abi.ExportPoll, "watch"},
}
