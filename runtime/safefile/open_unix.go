//go:build unix

package safefile

import (
	"os"
	"syscall"
)

// openFlags keep an open from waiting for the other end of a pipe and from
// making a terminal the controlling one.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY

// noFollow refuses a symbolic link in the last place of a path.
const noFollow = syscall.O_NOFOLLOW

// folderFlags open a folder and nothing else.
const folderFlags = os.O_RDONLY | syscall.O_DIRECTORY | syscall.O_NOFOLLOW
