package bus

import (
	"errors"
	"strconv"
	"strings"
)

// A message tells other nodes of wake-ups: the node that sends it, and a line
// for each with when it happened and the topic. PostgreSQL carries 8,000 bytes.
const (
	maxMessage = 7000
	maxNode    = 64
)

// pack makes messages of wakes.
func pack(node string, wakes []Wake) []string {
	var messages []string
	var text strings.Builder
	for _, w := range wakes {
		line := "\n" + strconv.FormatInt(w.At, 10) + " " + w.Topic
		if len(node)+len(line) > maxMessage {
			continue // no topic of ours is as long
		}
		if text.Len() > 0 && text.Len()+len(line) > maxMessage {
			messages = append(messages, text.String())
			text.Reset()
		}
		if text.Len() == 0 {
			text.WriteString(node)
		}
		text.WriteString(line)
	}
	if text.Len() > 0 {
		messages = append(messages, text.String())
	}
	return messages
}

var errMessage = errors.New("bus: not a message of a node")

// unpack reads one.
func unpack(message string) (node string, wakes []Wake, err error) {
	node, rest, ok := strings.Cut(message, "\n")
	if !ok || node == "" || len(node) > maxNode || len(message) > maxMessage {
		return "", nil, errMessage
	}
	for line := range strings.SplitSeq(rest, "\n") {
		at, topic, ok := strings.Cut(line, " ")
		n, err := strconv.ParseInt(at, 10, 64)
		if !ok || err != nil || topic == "" {
			return "", nil, errMessage
		}
		wakes = append(wakes, Wake{Topic: topic, At: n})
	}
	return node, wakes, nil
}
