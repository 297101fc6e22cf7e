package activity

import (
	"strconv"
	"strings"
	"time"
)

// Place is a place in the order of events, the latest first; of those of the
// same moment, by their ids. A list that is asked for part by part goes on
// after the place of its last event.
type Place struct {
	At time.Time
	ID string // empty: before all of that moment
}

// Start is before the latest event.
var Start = Place{At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}

// Place gives that of the event.
func (e Event) Place() Place { return Place{e.At, e.ID} }

// String is how a place goes through an address: MICROSECONDS.ID.
func (p Place) String() string { return strconv.FormatInt(p.At.UnixMicro(), 10) + "." + p.ID }

// ParsePlace reads what String has written; the empty text is Start. Without an
// id, as older versions wrote it, a moment's events come again rather than that
// one is left out.
func ParsePlace(text string) (Place, bool) {
	if text == "" {
		return Start, true
	}
	at, id, _ := strings.Cut(text, ".")
	micros, err := strconv.ParseInt(at, 10, 64)
	return Place{time.UnixMicro(micros), id}, err == nil
}
