export type { MarkdownIt as Parser, RendererRule, Token } from 'markdown-it';
