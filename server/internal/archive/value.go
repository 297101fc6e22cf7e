package archive

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// appendRow writes a row as a line of JSON. Bytes are {"bytes": base64}, and so
// is, as {"text": base64}, a text that is no UTF-8: JSON would mend it in
// silence.
func appendRow(b []byte, row []any) ([]byte, error) {
	for i, value := range row {
		separator := byte(',')
		if i == 0 {
			separator = '['
		}
		b = append(b, separator)
		switch v := value.(type) {
		case nil:
			b = append(b, "null"...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case []byte:
			b = appendBase64(b, "bytes", v)
		case string:
			if !utf8.ValidString(v) {
				b = appendBase64(b, "text", []byte(v))
				continue
			}
			text, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			b = append(b, text...)
		default:
			return nil, fmt.Errorf("a value is a %T, which no archive holds", value)
		}
	}
	return append(b, "]\n"...), nil
}

func appendBase64(b []byte, kind string, v []byte) []byte {
	b = append(append(append(b, `{"`...), kind...), `":"`...)
	return append(base64.StdEncoding.AppendEncode(b, v), `"}`...)
}

// maxColumns is more than any table has. A row of more would cost far more
// memory than its line.
const maxColumns = 64

// cell reads a value of a row.
type cell struct {
	value any
	there bool
}

func (c *cell) UnmarshalJSON(text []byte) (err error) {
	c.there = true
	switch text[0] {
	case 'n':
		c.value = nil
	case '"':
		var s string
		err = json.Unmarshal(text, &s)
		c.value = s
	case '{':
		var coded struct{ Bytes, Text *[]byte }
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err = decoder.Decode(&coded); err != nil {
			return err
		}
		switch {
		case coded.Bytes != nil && coded.Text == nil:
			c.value = *coded.Bytes
		case coded.Text != nil && coded.Bytes == nil:
			c.value = string(*coded.Text)
		default:
			err = errors.New("a value is neither bytes nor text")
		}
	default:
		c.value, err = strconv.ParseInt(string(text), 10, 64)
	}
	return err
}

func parseRow(line []byte) ([]any, error) {
	var cells [maxColumns + 1]cell // what comes after is passed over
	if err := json.Unmarshal(line, &cells); err != nil {
		return nil, err
	}
	n := 0
	for n < len(cells) && cells[n].there {
		n++
	}
	if n > maxColumns {
		return nil, errors.New("a row has more values than any table has columns")
	}
	row := make([]any, n)
	for i := range row {
		row[i] = cells[i].value
	}
	return row, nil
}
