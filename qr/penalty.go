package qr

import "math/bits"

// penalty says how hard a code is on cameras: of the masks, that with the least
// is drawn (ISO/IEC 18004 §6.8.2). The words are the rows and the columns, with
// a bit for each dark module.
func penalty(rows, columns []uint64) int {
	size := len(rows)
	points, dark := 0, 0
	for _, line := range rows {
		points += linePenalty(line, size)
		dark += bits.OnesCount64(line)
	}
	for _, line := range columns {
		points += linePenalty(line, size)
	}
	inside := uint64(1)<<(size-1) - 1 // modules with a right neighbour
	for y, line := range rows[1:] {
		above := rows[y]
		same := ^(line ^ line>>1) & ^(line ^ above) & ^(above ^ above>>1)
		points += 3 * bits.OnesCount64(same&inside) // blocks of four
	}
	// Ten for each twentieth by which the dark are not half of all.
	return points + 10*(max(2*dark-size*size, size*size-2*dark)*10/(size*size))
}

// linePenalty is for runs of five or more of a colour, and for what looks like
// a corner mark: 1:1:3:1:1 with four light modules before or after.
func linePenalty(line uint64, size int) int {
	same := ^(line ^ line>>1) & (1<<(size-1) - 1)
	five := same & (same >> 1) & (same >> 2) & (same >> 3) // begins five of a colour
	points := bits.OnesCount64(five) + 2*bits.OnesCount64(five&^(five<<1))
	mark := line & ^(line >> 1) & (line >> 2) & (line >> 3) & (line >> 4) & ^(line >> 5) & (line >> 6)
	if mark != 0 {
		before := line<<1 | line<<2 | line<<3 | line<<4
		after := line>>7 | line>>8 | line>>9 | line>>10
		points += 40 * bits.OnesCount64(mark&^(before&after))
	}
	return points
}
