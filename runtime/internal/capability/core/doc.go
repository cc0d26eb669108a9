// Package core is the capability postern_v1, which every module may import: its
// request, its records, the text about a failure and the guest log.
package core
