package qr

import (
	"cmp"
	"context"
	"slices"

	"github.com/makiuchi-d/gozxing"
	multi "github.com/makiuchi-d/gozxing/multi/qrcode/detector"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// Caps on what one look at a picture may cost. The search for three finder
// patterns that belong together is cubic in their number, and a hostile
// picture is made of nothing else.
const (
	maxFinders  = 192 // corner marks
	maxTriangle = 256 // sets of three of them that are sampled and decoded
)

// threshold turns luminances into black and white.
type threshold func(gozxing.LuminanceSource) gozxing.Binarizer

var (
	hybrid    threshold = gozxing.NewHybridBinarizer         // compares with the neighbourhood
	histogram threshold = gozxing.NewGlobalHistgramBinarizer // one value for the whole picture
)

// tooMuch is thrown through gozxing's callback, the only place where a search
// can be left early.
type tooMuch struct{}

// read looks once at a picture and returns the texts of the codes in it, the
// largest code first. Whatever goes wrong, panics in gozxing included, is a
// code that is not there.
func read(ctx context.Context, g gray, t threshold) (texts []string) {
	defer func() { _ = recover() }() // keeps what was read before a panic
	source, err := gozxing.NewPlanarYUVLuminanceSource(g.pix, g.w, g.h, 0, 0, g.w, g.h, false)
	if err != nil {
		return nil
	}
	matrix, err := t(source).GetBlackMatrix()
	if err != nil {
		return nil
	}
	for _, info := range findAll(ctx, matrix) {
		if ctx.Err() != nil {
			return texts
		}
		if text, ok := readAt(matrix, info); ok && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		if info := findOne(ctx, matrix); info != nil {
			if text, ok := readAt(matrix, info); ok {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// findAll returns the places where a code may be, the largest first.
func findAll(ctx context.Context, matrix *gozxing.BitMatrix) (infos []*detector.FinderPatternInfo) {
	defer func() { _ = recover() }()
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	infos, err := multi.NewMultiFinderPatternFinder(matrix, limit(ctx)).FindMulti(hints)
	if err != nil {
		return nil
	}
	slices.SortStableFunc(infos, func(a, b *detector.FinderPatternInfo) int {
		return cmp.Compare(extent(b), extent(a))
	})
	return infos[:min(len(infos), maxTriangle)]
}

// findOne returns the best place by measures that forgive more distortion
// than those of findAll, or nil.
func findOne(ctx context.Context, matrix *gozxing.BitMatrix) (info *detector.FinderPatternInfo) {
	defer func() { _ = recover() }()
	info, err := detector.NewFinderPatternFinder(matrix, limit(ctx)).Find(nil)
	if err != nil {
		return nil
	}
	return info
}

// limit ends a search, by a panic that its caller recovers, when it has seen
// too many corner marks or nobody waits for it any more.
func limit(ctx context.Context) gozxing.ResultPointCallback {
	seen := 0
	return func(gozxing.ResultPoint) {
		if seen++; seen > maxFinders || ctx.Err() != nil {
			panic(tooMuch{})
		}
	}
}

// readAt samples and decodes the code whose corner marks are at info.
func readAt(matrix *gozxing.BitMatrix, info *detector.FinderPatternInfo) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	found, err := detector.NewDetector(matrix).ProcessFinderPatternInfo(info)
	if err != nil {
		return "", false
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"}
	result, err := decoder.NewDecoder().Decode(found.GetBits(), hints)
	if err != nil || result.GetText() == "" {
		return "", false
	}
	return result.GetText(), true
}

func extent(i *detector.FinderPatternInfo) float64 {
	return gozxing.ResultPoint_Distance(i.GetTopRight(), i.GetBottomLeft())
}
