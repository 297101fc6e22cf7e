package qr

import (
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// read decodes the code whose modules were sampled. Each try helps against one
// trouble; what is clean is read by the first.
func (m modules) read() (text string, mirrored, ok bool) {
	verdicts := m.judged(plain)
	if text, mirrored, ok = decoded(m.size, verdicts); ok {
		return text, mirrored, ok
	}
	verdicts = m.judged(blurred) // out of focus
	if text, mirrored, ok = decoded(m.size, verdicts); ok {
		return text, mirrored, ok
	}
	for range 2 { // far out of focus
		verdicts = m.reconsidered(verdicts)
		if text, mirrored, ok = decoded(m.size, verdicts); ok {
			return text, mirrored, ok
		}
	}
	return decoded(m.size, m.capped().judged(blurred)) // moiré
}

// decoded corrects the errors and reads the text. Whatever goes wrong, panics
// in gozxing included, is a code that is not there.
func decoded(size int, verdicts []float64) (text string, mirrored, ok bool) {
	defer func() {
		if recover() != nil {
			text, mirrored, ok = "", false, false
		}
	}()
	bits, err := gozxing.NewSquareBitMatrix(size)
	if err != nil {
		return "", false, false
	}
	for i, v := range verdicts {
		if v < 0 {
			bits.Set(i%size, i/size)
		}
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"}
	result, err := decoder.NewDecoder().Decode(bits, hints)
	if err != nil || result.GetText() == "" {
		return "", false, false
	}
	_, mirrored = result.GetOther().(*decoder.QRCodeDecoderMetaData)
	return result.GetText(), mirrored, true
}
