//go:build !unix

package safefile

import "os"

// openFlags are those for reading: pipes are not files in folders here.
const openFlags = os.O_RDONLY

// noFollow has no flag here; the opened file is compared with the one before.
const noFollow = 0

// folderFlags open a folder.
const folderFlags = os.O_RDONLY
