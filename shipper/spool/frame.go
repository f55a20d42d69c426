package spool

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	magic       = "FOGSPOOL"
	version     = 1
	headerBytes = 16
	frameBytes  = 12

	kindBatch = 1
	kindState = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// fileHeader is what each segment file begins with. The salt is random: no line that somebody
// sends can look like a record where a damaged file is searched for the next one.
func fileHeader(salt uint32) []byte {
	b := make([]byte, 0, headerBytes)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	return binary.LittleEndian.AppendUint32(b, salt)
}

// sealFrame fills the first frameBytes of record, whose payload stands behind them.
func sealFrame(record []byte, salt uint32) {
	payload := record[frameBytes:]
	binary.LittleEndian.PutUint32(record, uint32(len(payload)))
	binary.LittleEndian.PutUint32(record[4:], crc32.Checksum(payload, castagnoli))
	binary.LittleEndian.PutUint32(record[8:], crc32.Update(salt, castagnoli, record[:8]))
}

// frameLength returns the payload's length when b begins with an undamaged frame.
func frameLength(b []byte, salt uint32) (n int64, ok bool) {
	if len(b) < frameBytes || binary.LittleEndian.Uint32(b[8:]) != crc32.Update(salt, castagnoli, b[:8]) {
		return 0, false
	}
	n = int64(binary.LittleEndian.Uint32(b))
	return n, n > 0
}

// framePayload returns the payload of a whole record, and whether its checksum is right.
func framePayload(record []byte) ([]byte, bool) {
	payload := record[frameBytes:]
	return payload, binary.LittleEndian.Uint32(record[4:]) == crc32.Checksum(payload, castagnoli)
}
