package window

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"time"
)

// zones is lib/time/zoneinfo.zip of the Go distribution: the IANA Time Zone Database,
// which is in the public domain, as an archive of uncompressed files.
//
//go:embed zoneinfo.zip
var zones string

// ParseZone returns the location of an IANA zone name. What it accepts and returns
// depends on the program alone: [time.LoadLocation] reads the folder or archive that
// the variable ZONEINFO names, and then the files of this computer, and so lets both
// decide when a rule applies.
func ParseZone(name string) (*time.Location, error) {
	switch name {
	case "UTC":
		return time.UTC, nil
	case "Factory": // of a computer whose zone was never set
		return nil, unknownZone(name)
	}
	data, ok := zoneData(name)
	if !ok {
		return nil, unknownZone(name)
	}
	loc, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, fmt.Errorf("tz %q: %w", name, err)
	}
	return loc, nil
}

func unknownZone(name string) error {
	return fmt.Errorf(`tz %.64q: unknown time zone; want an IANA name such as "Europe/Berlin"`, name)
}

// zoneData returns the file of a zone. It goes through the central directory of the
// archive, which is at its end and has an entry for each file.
func zoneData(name string) (data []byte, ok bool) {
	const endLen, entryLen, fileLen = 22, 46, 30 // the fixed parts of the headers
	end := zones[len(zones)-endLen:]
	at := le32(end[16:])
	for range le16(end[10:]) {
		entry := zones[at:]
		size, nameLen, start := le32(entry[24:]), le16(entry[28:]), le32(entry[42:])
		if entry[entryLen:entryLen+nameLen] == name {
			file := zones[start:]
			file = file[fileLen+le16(file[26:])+le16(file[28:]):]
			return []byte(file[:size]), true
		}
		at += entryLen + nameLen + le16(entry[30:]) + le16(entry[32:])
	}
	return nil, false
}

func le16(s string) int { return int(binary.LittleEndian.Uint16([]byte(s[:2]))) }
func le32(s string) int { return int(binary.LittleEndian.Uint32([]byte(s[:4]))) }
