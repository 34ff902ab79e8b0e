// Stands in for parts of the SDK that calls do not use.
export {};
