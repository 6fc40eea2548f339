/** The texts of every room together (texts.config.ts); a room's own come with its components. */
declare module "texts:first";
