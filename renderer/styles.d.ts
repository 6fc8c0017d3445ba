// Vite turns the import of a style sheet into a link; to TypeScript it is a module without exports.
declare module '*.css';
