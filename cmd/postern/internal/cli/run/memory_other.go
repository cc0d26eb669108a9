//go:build !linux

package run

import (
	"errors"
	"os"
)

// defaultPlace is the default of --file-via.
const defaultPlace = "folder"

// filePlaces returns the values of --file-via.
func filePlaces() []string { return []string{"folder"} }

// memoryFile is never called here.
func memoryFile(string, []byte) (*os.File, error) { return nil, errors.ErrUnsupported }

func firstDescriptor(int) int { return 0 }
