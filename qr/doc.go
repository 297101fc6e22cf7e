// Package qr knows what the QR codes of Ham Connect say and look like.
//
//	text ── ParseLink ──▶ Link               link.go, origin.go, authorize.go
//	text ── Encode ─────▶ Code ─▶ SVG, PNG, terminal   encode.go, path.go, terminal.go
//	text ── Stencil ────▶ Code               stencil.go, stencil_learn.go
//	bytes ─ ReadPicture ▶ image.Image        picture.go
//	image ─ Decode, Find ▶ texts, corners    decode.go, find.go
//
// Find climbs a ladder of looks (ladder.go, search.go), and each look goes
//
//	picture ─▶ one of its copies ─▶ black and white ─▶ marks ─▶ guesses of three
//	gray.go    pyramid.go           mask.go            marks.go corners.go
//	guess ─▶ grid that fits the picture best ─▶ modules ─▶ text
//	         grid.go, fixtures.go               modules.go read.go
//
// What the ladder is worth is measured by TestGallery.
//
// Whatever comes out of Decode and Find was written by a stranger. Hand it to
// ParseLink and show a person nothing else of it. A Link is well formed, which
// does not mean that it is friendly: whether its origin may be spoken to is for
// the caller to decide.
package qr
