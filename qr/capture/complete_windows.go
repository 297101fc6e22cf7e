package capture

const separators = `\/`
